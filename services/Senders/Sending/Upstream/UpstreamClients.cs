using System.Net;
using System.Net.Http.Json;

namespace Partner.Sending.Upstream;

/// <summary>Where a connection's data goes.</summary>
internal sealed class RouterClient(HttpClient http)
{
    /// <returns>Null: the connection is unknown or has no site.</returns>
    public async Task<ConnectionRoute?> FindRouteAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            $"/internal/v1/connections/{connection.Text}/route"
        ).With(new ServiceClaims(connection.Text));
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict
            ? null
            : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<ConnectionRoute>(cancellationToken);
    }
}

/// <summary>With which key.</summary>
internal sealed class ApiKeyClient(HttpClient http)
{
    /// <returns>Null: there is none.</returns>
    public async Task<ReleasedApiKey?> ReleaseApiKeyAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"/internal/v1/connections/{connection.Text}/api-key/release"
        ).With(new ServiceClaims(connection.Text));
        using var response = await http.SendAsync(request, cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound
            ? null
            : await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<ReleasedApiKey>(cancellationToken);
    }
}
