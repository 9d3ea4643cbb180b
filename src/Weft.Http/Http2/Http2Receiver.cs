using Weft.Primitives;
using Weft.Wire;
using Weft.Wire.Http2;

namespace Weft.Http.Http2;

/// <summary>Reads one connection's frames and makes the checks of RFC 9113 that need memory of earlier ones. On its loop only.</summary>
internal sealed class Http2Receiver
{
    private readonly Http2Connection _connection;
    private readonly HpackDecoder _decoder = new();
    private readonly HeaderList _discarded = new();
    private StreamBuffer _block;
    private FloodGuard _idleFrames;
    private int _blockStream;
    private bool _blockEnds;
    private int _continuations;
    private long _windowUpdates;
    private bool _hasPreface;
    private int _window;

    internal Http2Receiver(Http2Connection connection)
    {
        _connection = connection;
        _hasPreface = !connection.IsServer;
        _window = connection.Limits.ConnectionWindowBytes;
        _idleFrames = new FloodGuard(connection.Limits.IdleFramesBurst, connection.Limits.IdleFramesPerSecond);
    }

    private Fault PeerFault => _connection.IsServer ? Fault.ClientMalformed : Fault.UpstreamMalformed;

    /// <summary>Takes every whole frame; returns how many bytes they were. Ends the connection where they break a rule.</summary>
    internal int Read(ReadOnlySpan<byte> input)
    {
        ReadOnlySpan<byte> rest = input;
        if (!_hasPreface && !TryPreface(ref rest))
        {
            return 0;
        }

        while (!_connection.Ended.IsSet)
        {
            ReadStatus status = Http2FrameReader.TryRead(
                ref rest, Http2Frame.PayloadBytesDefault, out Http2Frame frame, out Http2ErrorCode error, out bool isStreamError);
            if (status is ReadStatus.NeedMore)
            {
                break;
            }

            if (status is ReadStatus.Done)
            {
                error = Check(frame);
                error = error is Http2ErrorCode.NoError ? Take(frame) : error;
            }
            else if (isStreamError)
            {
                _ = _connection.TryGetStream(frame.StreamId, out Http2Stream stream);
                _connection.OnStreamError(stream, frame.StreamId, error);
                continue;
            }

            if (error is not Http2ErrorCode.NoError)
            {
                _connection.Fail(error, PeerFault);
            }
        }

        return input.Length - rest.Length;
    }

    private bool TryPreface(ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> preface = Http2FrameReader.Preface;
        int length = Math.Min(preface.Length, rest.Length);
        if (!rest[..length].SequenceEqual(preface[..length]))
        {
            _connection.Fail(Http2ErrorCode.ProtocolError, PeerFault);
            return false;
        }

        if (length < preface.Length)
        {
            return false;
        }

        _hasPreface = true;
        rest = rest[length..];
        return true;
    }

    /// <summary>What holds for a frame of any type at this place.</summary>
    private Http2ErrorCode Check(in Http2Frame frame)
    {
        if (!_connection.HasPeerSettings && (frame.Type is not Http2FrameType.Settings || frame.IsAck))
        {
            return Http2ErrorCode.ProtocolError; // §3.4
        }

        if (_blockStream != 0 && (frame.Type is not Http2FrameType.Continuation || frame.StreamId != _blockStream))
        {
            return Http2ErrorCode.ProtocolError; // §4.3
        }

        if (_blockStream == 0 && frame.Type is Http2FrameType.Continuation)
        {
            return Http2ErrorCode.ProtocolError; // §6.10
        }

        bool carriesNothing = frame.Type is Http2FrameType.Settings or Http2FrameType.Ping or Http2FrameType.Priority or > Http2FrameType.Continuation
            || (frame.Type is Http2FrameType.Data && frame.Content.IsEmpty && !frame.IsEndStream);
        bool isFlood = carriesNothing && (!_idleFrames.TryTake(_connection.Loop.NowMs) || _connection.Transport.UnsentBytes > _connection.Limits.UnreadAnswerBytesMax);
        return isFlood ? Http2ErrorCode.EnhanceYourCalm : Http2ErrorCode.NoError;
    }

    private Http2ErrorCode Take(in Http2Frame frame)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                return TakeData(frame);
            case Http2FrameType.Headers:
                return TakeHeaders(frame);
            case Http2FrameType.Continuation:
                return TakeContinuation(frame);
            case Http2FrameType.Settings:
                return frame.IsAck ? Http2ErrorCode.NoError : TakeSettings(frame);
            case Http2FrameType.WindowUpdate:
                return TakeWindowUpdate(frame);
            case Http2FrameType.ResetStream:
                return TakeReset(frame);
            case Http2FrameType.GoAway:
                _connection.OnGoAway(frame.LastStreamId, frame.ErrorCode);
                return Http2ErrorCode.NoError;
            case Http2FrameType.Ping when frame.IsAck:
                _connection.OnPingAck(frame.Content);
                return Http2ErrorCode.NoError;
            case Http2FrameType.Ping:
                _connection.Sender.Ping(frame.Content, isAck: true);
                return Http2ErrorCode.NoError;
            case Http2FrameType.PushPromise:
                return Http2ErrorCode.ProtocolError; // §8.4: a client may not push, and we as a client forbade it
            default:
                return Http2ErrorCode.NoError; // PRIORITY is deprecated (§5.3.2), what is unknown is ignored (§5.5)
        }
    }

    private Http2ErrorCode TakeData(in Http2Frame frame)
    {
        _window -= frame.PayloadLength;
        if (_window < 0)
        {
            return Http2ErrorCode.FlowControlError;
        }

        // The connection's credit goes back as data arrives: what one stream holds unread must not starve the others (its own window bounds it).
        int used = _connection.Limits.ConnectionWindowBytes - _window;
        if (used >= _connection.Limits.ConnectionWindowBytes / 2)
        {
            _window += used;
            _connection.Sender.WindowUpdate(0, used);
        }

        if (!_connection.TryGetStream(frame.StreamId, out Http2Stream stream))
        {
            return TakeLateData(frame.StreamId);
        }

        if (stream.IsEnded)
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.StreamClosed);
        }
        else if (!stream.HasHead || IsOverLength(stream, frame))
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.ProtocolError);
        }
        else if (!stream.TryTake(frame.Content, frame.PayloadLength))
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.FlowControlError);
        }
        else if (frame.IsEndStream)
        {
            _connection.OnEnd(stream);
        }

        return Http2ErrorCode.NoError;
    }

    /// <summary>§5.1: a stream that we reset may still bring what was on its way; one that ended may not.</summary>
    private Http2ErrorCode TakeLateData(int streamId)
    {
        if (_connection.IsIdle(streamId))
        {
            return Http2ErrorCode.ProtocolError;
        }

        if (!_connection.WasReset(streamId))
        {
            _connection.OnStreamError(null, streamId, Http2ErrorCode.StreamClosed);
        }

        return Http2ErrorCode.NoError;
    }

    /// <summary>§8.1.1: content that differs from its declared length is malformed, whichever way it differs.</summary>
    private static bool IsOverLength(Http2Stream stream, in Http2Frame frame)
    {
        long declared = stream.Head.ContentLength;
        long sum = stream.ReceivedBytes + frame.Content.Length;
        return declared >= 0 && !stream.IsBodiless && (frame.IsEndStream ? sum != declared : sum > declared);
    }

    private Http2ErrorCode TakeHeaders(in Http2Frame frame)
    {
        bool isPeersToOpen = !_connection.IsOurs(frame.StreamId);
        if (_connection.IsServer ? !isPeersToOpen : isPeersToOpen || _connection.IsIdle(frame.StreamId))
        {
            return Http2ErrorCode.ProtocolError; // §5.1.1
        }

        if (frame.IsEndHeaders)
        {
            return TakeBlock(frame.StreamId, frame.Content, frame.IsEndStream);
        }

        _blockStream = frame.StreamId;
        _blockEnds = frame.IsEndStream;
        _continuations = 0;
        return TakeFragment(frame.Content);
    }

    private Http2ErrorCode TakeContinuation(in Http2Frame frame)
    {
        if (++_continuations > _connection.Limits.ContinuationsMax)
        {
            return Http2ErrorCode.EnhanceYourCalm;
        }

        Http2ErrorCode error = TakeFragment(frame.Content);
        if (error is not Http2ErrorCode.NoError || !frame.IsEndHeaders)
        {
            return error;
        }

        _blockStream = 0;
        error = TakeBlock(frame.StreamId, _block.Filled, _blockEnds);
        _block.Release();
        return error;
    }

    private Http2ErrorCode TakeFragment(ReadOnlySpan<byte> fragment)
    {
        if (_block.Length + fragment.Length > _connection.Limits.HeaderBlockBytesMax)
        {
            return Http2ErrorCode.EnhanceYourCalm;
        }

        _block.Append(fragment);
        return Http2ErrorCode.NoError;
    }

    /// <summary>Every block is decoded, wanted or not: later ones build on its table (§4.3).</summary>
    private Http2ErrorCode TakeBlock(int streamId, ReadOnlySpan<byte> block, bool isEnd)
    {
        bool isKnown = _connection.TryGetStream(streamId, out Http2Stream stream);
        bool isNew = !isKnown && _connection.IsServer && streamId > _connection.LastPeerStreamId;
        bool isRefused = isNew && _connection.IsRefusing;
        if (isNew)
        {
            _connection.LastPeerStreamId = streamId;
            stream = isRefused ? null! : _connection.Add(streamId);
        }

        HeaderList list = stream is null || stream.IsEnded ? _discarded : stream.HasHead ? stream.Trailers : stream.Fields;
        list.Clear();
        if (!_decoder.TryDecode(block, list, _connection.Limits.HeaderListBytesMax))
        {
            return Http2ErrorCode.CompressionError;
        }

        if (list.Count > _connection.Limits.FieldsMax)
        {
            list.Refuse();
        }

        if (isRefused)
        {
            _connection.OnStreamError(null, streamId, Http2ErrorCode.RefusedStream);
        }
        else if (stream is null)
        {
            // Closed before. Of those we reset more may be on its way; a client that reuses an id is out of its mind (§5.1.1).
            return _connection.IsServer && !_connection.WasReset(streamId) ? Http2ErrorCode.StreamClosed : Http2ErrorCode.NoError;
        }
        else
        {
            TakeSection(stream, isEnd);
        }

        return Http2ErrorCode.NoError;
    }

    private void TakeSection(Http2Stream stream, bool isEnd)
    {
        if (stream.IsEnded)
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.StreamClosed);
            return;
        }

        if (stream.HasHead)
        {
            bool isRight = isEnd && Http2Head.CheckTrailers(stream.Trailers) is Http2HeadError.None && !stream.Trailers.IsTooLarge
                && (stream.Head.ContentLength < 0 || stream.IsBodiless || stream.ReceivedBytes == stream.Head.ContentLength);
            EndOrRefuse(stream, isRight, isEnd);
            return;
        }

        Http2Head head;
        Http2HeadError error = _connection.IsServer ? Http2Head.ReadRequest(stream.Fields, out head) : Http2Head.ReadResponse(stream.Fields, out head);
        bool isInterim = !_connection.IsServer && head.Status is >= 100 and < 200;
        bool hasContent = head.ContentLength > 0 && !stream.IsHeadRequest && head.Status != 304; // the stream's own head is set below
        // A list over the limit is cut, so its checks mean nothing; a server's handler sees it and answers 431.
        bool isOk = stream.Fields.IsTooLarge ? _connection.IsServer : error is Http2HeadError.None && !(isEnd && (isInterim || hasContent));
        if (isOk && isInterim)
        {
            stream.OnInterim();
            return; // the next head overwrites it
        }

        if (isOk)
        {
            stream.Head = head;
            stream.OnHead();
            if (_connection.IsServer)
            {
                if (isEnd)
                {
                    _connection.OnEnd(stream);
                }

                _connection.Accept(stream);
                return;
            }
        }

        EndOrRefuse(stream, isOk, isEnd);
    }

    private void EndOrRefuse(Http2Stream stream, bool isRight, bool isEnd)
    {
        if (!isRight)
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.ProtocolError);
        }
        else if (isEnd)
        {
            _connection.OnEnd(stream);
        }
    }

    private Http2ErrorCode TakeSettings(in Http2Frame frame)
    {
        if (frame.SettingsCount > _connection.Limits.SettingsPerFrameMax)
        {
            return Http2ErrorCode.EnhanceYourCalm;
        }

        for (int i = 0; i < frame.SettingsCount; i++)
        {
            Http2Setting setting = frame.Setting(i);
            Http2ErrorCode error = setting.Check();
            error = error is Http2ErrorCode.NoError ? Apply(setting) : error;
            if (error is not Http2ErrorCode.NoError)
            {
                return error;
            }
        }

        _connection.Sender.SettingsAck();
        _connection.OnSettings();
        return Http2ErrorCode.NoError;
    }

    private Http2ErrorCode Apply(Http2Setting setting)
    {
        switch (setting.Id)
        {
            case Http2SettingId.HeaderTableSize:
                _connection.Sender.SetTableSize(setting.Value);
                return Http2ErrorCode.NoError;
            case Http2SettingId.EnablePush when !_connection.IsServer && setting.Value != 0:
                return Http2ErrorCode.ProtocolError; // §6.5.2: a server cannot allow itself to push
            case Http2SettingId.MaxConcurrentStreams:
                _connection.PeerStreamsMax = (int)Math.Min(setting.Value, int.MaxValue);
                return Http2ErrorCode.NoError;
            case Http2SettingId.EnableConnectProtocol:
                _connection.PeerTakesConnectProtocol |= setting.Value == 1;
                return Http2ErrorCode.NoError;
            case Http2SettingId.InitialWindowSize:
                return _connection.TrySetStreamWindow((int)setting.Value) ? Http2ErrorCode.NoError : Http2ErrorCode.FlowControlError;
            case Http2SettingId.MaxFrameSize:
                // Larger frames would only make others wait behind one stream's.
                return Http2ErrorCode.NoError;
            default:
                return Http2ErrorCode.NoError;
        }
    }

    private Http2ErrorCode TakeWindowUpdate(in Http2Frame frame)
    {
        Http2Limits limits = _connection.Limits;
        if (++_windowUpdates > limits.IdleFramesBurst + ((_connection.Sender.DataFrames + _connection.StreamsOpened) * limits.WindowUpdatesPerFrame))
        {
            return Http2ErrorCode.EnhanceYourCalm;
        }

        if (frame.StreamId == 0)
        {
            return frame.WindowIncrement == 0 ? Http2ErrorCode.ProtocolError
                : _connection.Sender.TryGrow(null, frame.WindowIncrement) ? Http2ErrorCode.NoError : Http2ErrorCode.FlowControlError;
        }

        if (!_connection.TryGetStream(frame.StreamId, out Http2Stream stream))
        {
            return _connection.IsIdle(frame.StreamId) ? Http2ErrorCode.ProtocolError : Http2ErrorCode.NoError;
        }

        if (frame.WindowIncrement == 0)
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.ProtocolError);
        }
        else if (!_connection.Sender.TryGrow(stream, frame.WindowIncrement))
        {
            _connection.OnStreamError(stream, stream.Id, Http2ErrorCode.FlowControlError);
        }

        return Http2ErrorCode.NoError;
    }

    private Http2ErrorCode TakeReset(in Http2Frame frame)
    {
        if (_connection.TryGetStream(frame.StreamId, out Http2Stream stream))
        {
            _connection.OnReset(stream, frame.ErrorCode);
            return Http2ErrorCode.NoError;
        }

        return _connection.IsIdle(frame.StreamId) ? Http2ErrorCode.ProtocolError : Http2ErrorCode.NoError;
    }
}
