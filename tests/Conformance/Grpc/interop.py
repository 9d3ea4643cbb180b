"""The gRPC interoperability cases on Debian's python3-grpcio: "server DESCRIPTOR PORT", or "client DESCRIPTOR PORT", which says of each case how it went."""
import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "/grpc.testing.TestService/"
REQUESTS, RESPONSES = (27182, 8, 1828, 45904), (31415, 9, 2653, 58979)
INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def load(path):
    """Message classes from a descriptor: no generated code that would have to fit the installed version."""
    pool = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        described = descriptor_pb2.FileDescriptorProto.FromString(file.read())
    pool.Add(described)
    factory = message_factory.MessageFactory(pool)
    return {m.name: factory.GetPrototype(pool.FindMessageTypeByName("grpc.testing." + m.name)) for m in described.message_type}


M = load(sys.argv[2])
PLAIN = dict(request_serializer=lambda m: m.SerializeToString())


def zeros(size):
    return M["Payload"](body=bytes(size))


def echo_metadata(context):
    sent = dict(context.invocation_metadata())
    if INITIAL in sent:
        context.send_initial_metadata(((INITIAL, sent[INITIAL]),))
    if TRAILING in sent:
        context.set_trailing_metadata(((TRAILING, sent[TRAILING]),))


def check(request, context):
    if request.response_status.code:
        code = next(c for c in grpc.StatusCode if c.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def empty(request, context):
    echo_metadata(context)
    return M["Empty"]()


def unary(request, context):
    echo_metadata(context)
    check(request, context)
    return M["SimpleResponse"](payload=zeros(request.response_size))


def answers(request, context):
    for parameters in request.response_parameters:
        slept = 0
        while slept < parameters.interval_us / 1e6 and context.is_active():
            time.sleep(0.02)
            slept += 0.02
        yield M["StreamingOutputCallResponse"](payload=zeros(parameters.size))


def output(request, context):
    echo_metadata(context)
    yield from answers(request, context)


def collect(requests, context):
    return M["StreamingInputCallResponse"](aggregated_payload_size=sum(len(r.payload.body) for r in requests))


def duplex(requests, context):
    echo_metadata(context)
    for request in requests:
        check(request, context)
        yield from answers(request, context)


def serve(port):
    def handler(make, function, request, response):
        return make(function, request_deserializer=M[request].FromString, response_serializer=lambda m: m.SerializeToString())

    methods = {
        "EmptyCall": handler(grpc.unary_unary_rpc_method_handler, empty, "Empty", "Empty"),
        "UnaryCall": handler(grpc.unary_unary_rpc_method_handler, unary, "SimpleRequest", "SimpleResponse"),
        "StreamingOutputCall": handler(grpc.unary_stream_rpc_method_handler, output, "StreamingOutputCallRequest", "StreamingOutputCallResponse"),
        "StreamingInputCall": handler(grpc.stream_unary_rpc_method_handler, collect, "StreamingInputCallRequest", "StreamingInputCallResponse"),
        "FullDuplexCall": handler(grpc.stream_stream_rpc_method_handler, duplex, "StreamingOutputCallRequest", "StreamingOutputCallResponse"),
    }
    server = grpc.server(futures.ThreadPoolExecutor(16))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("grpc.testing.TestService", methods),))
    server.add_insecure_port("127.0.0.1:%d" % port)
    server.start()
    server.wait_for_termination()


class Client:
    def __init__(self, port):
        channel = grpc.insecure_channel("127.0.0.1:%d" % port)
        read = lambda name: dict(PLAIN, response_deserializer=M[name].FromString)
        self.empty = channel.unary_unary(SERVICE + "EmptyCall", **read("Empty"))
        self.unary = channel.unary_unary(SERVICE + "UnaryCall", **read("SimpleResponse"))
        self.output = channel.unary_stream(SERVICE + "StreamingOutputCall", **read("StreamingOutputCallResponse"))
        self.input = channel.stream_unary(SERVICE + "StreamingInputCall", **read("StreamingInputCallResponse"))
        self.duplex = channel.stream_stream(SERVICE + "FullDuplexCall", **read("StreamingOutputCallResponse"))
        self.no_method = channel.unary_unary(SERVICE + "UnimplementedCall", **read("Empty"))
        self.no_service = channel.unary_unary("/grpc.testing.UnimplementedService/UnimplementedCall", **read("Empty"))

    def request(self, answer, size, interval_us=0):
        request = M["StreamingOutputCallRequest"](payload=zeros(size))
        request.response_parameters.add(size=answer, interval_us=interval_us)
        return request

    def empty_unary(self):
        assert self.empty(M["Empty"](), timeout=10) == M["Empty"]()

    def large_unary(self):
        answer = self.unary(M["SimpleRequest"](response_size=314159, payload=zeros(271828)), timeout=10)
        assert len(answer.payload.body) == 314159

    def client_streaming(self):
        requests = (M["StreamingInputCallRequest"](payload=zeros(s)) for s in REQUESTS)
        assert self.input(requests, timeout=10).aggregated_payload_size == sum(REQUESTS)

    def server_streaming(self):
        request = M["StreamingOutputCallRequest"]()
        for size in RESPONSES:
            request.response_parameters.add(size=size)
        assert tuple(len(a.payload.body) for a in self.output(request, timeout=10)) == RESPONSES

    def ping_pong(self):
        turn = futures.Future()
        turns = [futures.Future() for _ in range(len(REQUESTS) + 1)]

        def send():
            for i, size in enumerate(REQUESTS):
                turns[i].result(10)
                yield self.request(RESPONSES[i], size)
            turns[-1].result(10)

        call = self.duplex(send(), timeout=10)
        turns[0].set_result(None)
        for i, size in enumerate(RESPONSES):
            assert len(next(call).payload.body) == size
            turns[i + 1].set_result(None)
        assert list(call) == [] and call.code() is grpc.StatusCode.OK

    def empty_stream(self):
        assert list(self.duplex(iter(()), timeout=10)) == []

    def timeout_on_sleeping_server(self):
        call = self.duplex(iter((self.request(8, 27182, 10000000),)), timeout=0.2)
        fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(call))

    def cancel_after_begin(self):
        never = futures.Future()

        def send():
            try:
                never.result(5)
            except futures.TimeoutError:
                pass
            return
            yield

        call = self.input.future(send(), timeout=10)
        call.cancel()
        assert call.cancelled() and call.code() is grpc.StatusCode.CANCELLED
        never.set_result(None)

    def cancel_after_first_response(self):
        done = futures.Future()

        def send():
            yield self.request(31415, 27182)
            done.result(10)

        call = self.duplex(send(), timeout=10)
        assert len(next(call).payload.body) == 31415
        call.cancel()
        fails(grpc.StatusCode.CANCELLED, lambda: next(call))
        done.set_result(None)

    def custom_metadata(self):
        sent = ((INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab"))
        _, call = self.unary.with_call(M["SimpleRequest"](response_size=314159, payload=zeros(271828)), metadata=sent, timeout=10)
        assert dict(call.initial_metadata())[INITIAL] == "test_initial_metadata_value"
        assert dict(call.trailing_metadata())[TRAILING] == b"\xab\xab\xab"

    def status(self, message):
        request = M["SimpleRequest"]()
        request.response_status.code, request.response_status.message = 2, message
        assert fails(grpc.StatusCode.UNKNOWN, lambda: self.unary(request, timeout=10)).details() == message
        request = M["StreamingOutputCallRequest"]()
        request.response_status.code, request.response_status.message = 2, message
        assert fails(grpc.StatusCode.UNKNOWN, lambda: list(self.duplex(iter((request,)), timeout=10))).details() == message

    def status_code_and_message(self):
        self.status("test status message")

    def special_status_message(self):
        self.status("\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")

    def unimplemented_method(self):
        fails(grpc.StatusCode.UNIMPLEMENTED, lambda: self.no_method(M["Empty"](), timeout=10))

    def unimplemented_service(self):
        fails(grpc.StatusCode.UNIMPLEMENTED, lambda: self.no_service(M["Empty"](), timeout=10))


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() is code, "%s instead of %s: %s" % (error.code(), code, error.details())
        return error
    raise AssertionError("%s was expected" % code)


if sys.argv[1] == "server":
    serve(int(sys.argv[3]))
else:
    client = Client(int(sys.argv[3]))
    for case in sys.argv[4:]:
        try:
            getattr(client, case)()
            print(case, "ok", flush=True)
        except Exception as error:
            print(case, "failed", repr(error), flush=True)
