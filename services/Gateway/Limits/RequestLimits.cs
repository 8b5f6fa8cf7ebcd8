using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Partner.Gateway.Limits;

/// <summary>The gateway's rate limits. Each replica counts for itself.</summary>
internal sealed class RequestLimits(IOptions<LimitOptions> options, TimeProvider time)
{
    /// <summary>Names of limits, as routes and answers say them.</summary>
    public const string Ingest = "ingest_requests";
    public const string BrowserLogs = "browser_logs";
    public const string Pages = "pages";

    private readonly Buckets<ConnectionId> _connections = new(options.Value.Connection, time);
    private readonly Buckets<string> _tokens = new(options.Value.ClientToken, time);
    private readonly Buckets<IPAddress> _people = new(options.Value.People, time);
    private readonly Buckets<IPAddress> _failures = new(options.Value.Failures, time);

    /// <summary>Null: within the limit.</summary>
    public HttpRejection? Connection(ConnectionId connection) =>
        _connections.TryTake(connection, out var wait)
            ? null
            : HttpRejection.TooMany(Ingest, _connections.Rate.PerSecond, wait);

    /// <param name="keyId">The client token's.</param>
    public HttpRejection? ClientToken(string keyId) =>
        _tokens.TryTake(keyId, out var wait) ? null : HttpRejection.TooMany(BrowserLogs, _tokens.Rate.PerSecond, wait);

    public HttpRejection? Person(HttpContext context) =>
        _people.TryTake(Network(context.Connection.RemoteIpAddress), out var wait)
            ? null
            : HttpRejection.TooMany(Pages, _people.Rate.PerSecond, wait);

    /// <summary>The answer to a refused credential: <paramref name="refusal"/>, until there were too many.</summary>
    public HttpRejection Failure(HttpContext context, HttpRejection refusal) =>
        _failures.TryTake(Network(context.Connection.RemoteIpAddress), out var wait)
            ? refusal
            : HttpRejection.TooMany("refused_credentials", _failures.Rate.PerSecond, wait);

    // An IPv6 client has at least a /64 to choose addresses from.
    internal static IPAddress Network(IPAddress? address)
    {
        address ??= IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
