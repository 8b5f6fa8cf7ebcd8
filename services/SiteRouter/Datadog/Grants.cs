using System.Collections.Concurrent;
using System.Net;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.SiteRouter.Datadog;

/// <summary>A connection's access token, from auth alone. It is kept nowhere.</summary>
internal sealed class GrantClient(HttpClient http)
{
    /// <summary>Auth may have to refresh first, and asks Datadog for that.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <returns>Null: there is no grant.</returns>
    public async Task<AccessToken?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, connection, "access-token");
        using var response = await SendAsync(request, cancellationToken);
        return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict
            ? null
            : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<AccessToken>(cancellationToken);
    }

    /// <summary>Has auth refresh the token where that is not just done: it is what finds out whether the grant lives.</summary>
    public async Task CheckAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, connection, "check");
        request.Content = JsonContent.Create(new ConnectionCheckRequest(null));
        using var response = await SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static HttpRequestMessage Request(HttpMethod method, ConnectionId connection, string path) =>
        new HttpRequestMessage(method, $"/internal/v1/connections/{connection}/{path}").With(
            new ServiceClaims(connection.Text)
        );

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Auth took too long.", exception);
        }
    }
}

/// <summary>
/// What follows from a 401: the token is expired, or this endpoint is not for this grant (datadog-facts 2.6). It is
/// never a revocation; auth alone decides that.
/// </summary>
internal sealed class Renewals(IServiceProvider services, TimeProvider time)
{
    private const int MostClosed = 10_000;
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(ConnectionId, string Endpoint), DateTimeOffset> _closed = [];

    /// <returns>A token that is not the refused one; null where another would not help.</returns>
    public async Task<AccessToken?> RenewAsync(
        ConnectionId connection,
        Endpoint endpoint,
        AccessToken refused,
        CancellationToken cancellationToken
    )
    {
        // An endpoint that refused a fresh token a moment ago would cost a refresh for each request.
        if (_closed.TryGetValue((connection, endpoint.Key), out var until) && time.GetUtcNow() < until)
        {
            return null;
        }

        var grants = services.GetRequiredService<GrantClient>();
        await grants.CheckAsync(connection, cancellationToken);
        var fresh = await grants.FindAsync(connection, cancellationToken);
        return fresh is null || fresh.Value.Equals(refused.Value) ? null : fresh;
    }

    /// <summary>A fresh token was refused, too.</summary>
    public void Closed(ConnectionId connection, Endpoint endpoint)
    {
        if (_closed.Count >= MostClosed)
        {
            _closed.Clear();
        }

        _closed[(connection, endpoint.Key)] = time.GetUtcNow() + Memory;
    }
}
