using Weft.Dialects.Fields;
using Weft.Model.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

/// <summary>HTTPRetry → schema. Nothing written leaves Weft's own default; what is written replaces it, gaps filled as Istio fills them.</summary>
internal static class RetryReader
{
    private const uint DefaultAttempts = 2;

    /// <summary>Envoy's base; its bound is ten times that.</summary>
    private static readonly TimeSpan DefaultBackoff = TimeSpan.FromMilliseconds(25);

    public static RetryPolicy? Read(Field retries)
    {
        if (!retries.Exists)
        {
            return null;
        }
        RetryPolicy policy = new() { Attempts = retries["attempts"].Number ?? 0 };
        if (policy.Attempts == 0)
        {
            return policy; // written as "no retries"
        }
        string on = retries["retryOn"].Text;
        AddConditions(policy, on);
        if (on.Length == 0)
        {
            AddDefaultConditions(policy);
        }
        if (retries["perTryTimeout"].Duration is { Ticks: > 0 } perTry)
        {
            policy.PerTryTimeout = Duration.FromTimeSpan(perTry);
        }
        TimeSpan backoff = retries["backoff"].Duration is { Ticks: > 0 } written ? written : DefaultBackoff;
        policy.BackoffBase = Duration.FromTimeSpan(backoff);
        policy.BackoffMax = Duration.FromTimeSpan(backoff * 10);
        policy.AvoidPreviousEndpoints = retries["retryIgnorePreviousHosts"].Bool ?? true;
        policy.LeaveLocality = retries["retryRemoteLocalities"].IsTrue;
        return policy;
    }

    /// <summary>What Istio does where nobody says anything; used for namespaces labelled weft.dev/defaults: istio.</summary>
    public static RetryPolicy Default()
    {
        RetryPolicy policy = new()
        {
            Attempts = DefaultAttempts,
            BackoffBase = Duration.FromTimeSpan(DefaultBackoff),
            BackoffMax = Duration.FromTimeSpan(DefaultBackoff * 10),
            AvoidPreviousEndpoints = true,
        };
        AddDefaultConditions(policy);
        return policy;
    }

    private static void AddDefaultConditions(RetryPolicy policy) =>
        policy.On.Add([RetryOn.ConnectFailure, RetryOn.RefusedStream, RetryOn.GrpcUnavailable, RetryOn.GrpcCancelled]);

    /// <summary>Words and status codes between commas.</summary>
    private static void AddConditions(RetryPolicy policy, string on)
    {
        foreach (string word in on.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (uint.TryParse(word, out uint status))
            {
                policy.Statuses.Add(status);
            }
            else if (Condition(word) is { } condition && !policy.On.Contains(condition))
            {
                policy.On.Add(condition);
            }
        }
    }

    /// <summary>Null: not a condition that Weft acts on; the check reports it.</summary>
    public static RetryOn? Condition(string word) => word switch
    {
        "connect-failure" => RetryOn.ConnectFailure,
        "refused-stream" => RetryOn.RefusedStream,
        "reset" => RetryOn.Reset,
        "reset-before-request" => RetryOn.ResetBeforeRequest,
        "5xx" => RetryOn._5Xx,
        "gateway-error" => RetryOn.GatewayError,
        "retriable-4xx" => RetryOn.Retriable4Xx,
        "cancelled" => RetryOn.GrpcCancelled,
        "deadline-exceeded" => RetryOn.GrpcDeadlineExceeded,
        "internal" => RetryOn.GrpcInternal,
        "resource-exhausted" => RetryOn.GrpcResourceExhausted,
        "unavailable" => RetryOn.GrpcUnavailable,
        _ => null,
    };
}
