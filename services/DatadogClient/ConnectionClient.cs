using System.Net;
using System.Net.Http.Json;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.DatadogClient;

/// <summary>
/// Asks auth about a connection. Each call throws <see cref="HttpRequestException"/> where auth does not answer, or not
/// as it should, and <see cref="TimeoutException"/> where it takes too long.
/// </summary>
public sealed class ConnectionClient(HttpClient http)
{
    /// <summary>Auth has the record at hand.</summary>
    private static readonly TimeSpan RecordTimeout = TimeSpan.FromSeconds(3);

    /// <returns>Null for an unknown connection.</returns>
    public Task<ConnectionRecord?> FindAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FindAsync<ConnectionRecord>($"{connection}", ServiceClaims.None, RecordTimeout, cancellationToken);

    /// <summary>The access token, from auth alone: it is kept nowhere else.</summary>
    /// <returns>Null: there is no grant.</returns>
    public Task<AccessToken?> FindTokenAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        FindAsync<AccessToken>($"{connection}/access-token", new(connection.Text), http.Timeout, cancellationToken);

    /// <summary>
    /// Has auth find out whether grant and key still live; it refreshes the token where that is not just done.
    /// </summary>
    /// <param name="keyId">The API key that was refused, if it was one.</param>
    public async Task<ConnectionCheck?> CheckAsync(
        ConnectionId connection,
        string? keyId,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/v1/connections/{connection}/check")
        {
            Content = JsonContent.Create(new ConnectionCheckRequest(keyId)),
        };
        using var response = await SendAsync(request, new(connection.Text), http.Timeout, cancellationToken);
        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<ConnectionCheck>(cancellationToken);
    }

    private async Task<T?> FindAsync<T>(
        string path,
        ServiceClaims claims,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
        where T : class
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/internal/v1/connections/{path}");
        using var response = await SendAsync(request, claims, timeout, cancellationToken);
        return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict
            ? null
            : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(cancellationToken)
                ?? throw new HttpRequestException("Auth answered null.");
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        ServiceClaims claims,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            return await http.SendAsync(request.With(claims), patience.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Auth took too long.", exception);
        }
    }
}
