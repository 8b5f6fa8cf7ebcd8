using Microsoft.Extensions.Options;

namespace Partner.Relay;

/// <summary>
/// Says when the gateway goes away, when it is back, and that it does not take the key: each once, since a tracer sends
/// every second and its own log says nothing of it.
/// </summary>
internal sealed partial class RelayLog(CurrentKey key, IOptions<RelayOptions> options, ILogger<RelayLog> logger)
{
    private int _failures;
    private Secret? _refused;

    public void Tell(int status, RelayRefusal? refusal, Exception? exception)
    {
        if (refusal == RelayRefusal.GatewayAway)
        {
            if (Interlocked.Increment(ref _failures) == 1)
            {
                var reason = exception?.GetBaseException();
                Log.Away(logger, options.Value.Gateway!, reason?.GetType().Name, reason?.Message);
            }

            return;
        }

        if (refusal is null && Volatile.Read(ref _failures) > 0)
        {
            Log.Back(logger, Interlocked.Exchange(ref _failures, 0));
        }

        if (
            refusal is null
            && status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
            && Interlocked.Exchange(ref _refused, key.Value) != key.Value
        )
        {
            Log.Refused(logger, status);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Gateway} is away; what is sent is answered with 503 ({Kind}: {Reason})")]
        public static partial void Away(ILogger logger, Uri gateway, string? kind, string? reason);

        [LoggerMessage(LogLevel.Information, "The gateway is back, after {Failures} requests in vain")]
        public static partial void Back(ILogger logger, int failures);

        [LoggerMessage(
            LogLevel.Warning,
            "The gateway answers {Status}: the key is not known there, or may not send this type of data"
        )]
        public static partial void Refused(ILogger logger, int status);
    }
}
