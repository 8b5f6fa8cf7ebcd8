using Microsoft.Extensions.Logging;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.DatadogClient;

/// <summary>What a grant was worth in a call.</summary>
public enum GrantUse
{
    /// <summary>Datadog took the token.</summary>
    Accepted,

    /// <summary>There is no grant, and nothing was sent.</summary>
    Missing,

    /// <summary>
    /// 401, and auth has no other token, or the fresh one got 401, too: the endpoint is not for this grant
    /// (datadog-facts 2.6). It is never a revocation; auth alone decides that.
    /// </summary>
    Refused,
}

/// <summary>One call, or several that belong together: they share a token, and one other instead of a refused one.</summary>
/// <param name="connection">The connection that has the grant.</param>
/// <param name="endpoint">Where to: the same for all calls that a grant is open to, or closed, together.</param>
public sealed class GrantedCall(ConnectionId connection, string endpoint)
{
    internal (ConnectionId Connection, string Endpoint) Place { get; } = (connection, endpoint);

    internal AccessToken? Token { get; set; }

    internal bool IsRenewed { get; set; }
}

/// <summary>Sends with a connection's access token, and remembers the endpoints that refused a fresh one.</summary>
public sealed partial class GrantedCalls(ConnectionClient auth, TimeProvider time, ILogger<GrantedCalls> logger)
{
    private const int MaxClosed = 10_000;
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    /// <summary>A token is used again for as long as it lives longer than a request.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<(ConnectionId, string), bool> _closed = new(MaxClosed, time);

    /// <summary>
    /// Sends, and after a 401 once more with another token. Throws as <see cref="ConnectionClient"/> where auth does
    /// not answer, and passes on the exceptions of <paramref name="send"/>.
    /// </summary>
    /// <param name="send">One try; whether Datadog said 401.</param>
    public async Task<GrantUse> SendAsync(
        GrantedCall call,
        Func<AccessToken, Task<bool>> send,
        CancellationToken cancellationToken
    )
    {
        if (call.Token is null || call.Token.ExpiresAt - time.GetUtcNow() < Margin)
        {
            call.Token = await auth.FindTokenAsync(call.Place.Connection, cancellationToken);
        }

        if (call.Token is null)
        {
            return GrantUse.Missing;
        }

        while (await send(call.Token))
        {
            if (call.IsRenewed)
            {
                Log.Closed(logger, call.Place.Connection, call.Place.Endpoint);
                _closed.Set(call.Place, true, Memory);
                return GrantUse.Refused;
            }

            // An endpoint that refused a fresh token a moment ago would cost a refresh for each request.
            if (_closed.TryGet(call.Place, out _) || await RenewAsync(call, cancellationToken) is not { } fresh)
            {
                return GrantUse.Refused;
            }

            (call.Token, call.IsRenewed) = (fresh, true);
        }

        return GrantUse.Accepted;
    }

    private async Task<AccessToken?> RenewAsync(GrantedCall call, CancellationToken cancellationToken)
    {
        await auth.CheckAsync(call.Place.Connection, null, cancellationToken);
        var fresh = await auth.FindTokenAsync(call.Place.Connection, cancellationToken);
        return fresh is null || fresh.Value.Equals(call.Token!.Value) ? null : fresh;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Datadog refused a fresh access token of {Connection} at {Endpoint}")]
        public static partial void Closed(ILogger logger, ConnectionId connection, string endpoint);
    }
}
