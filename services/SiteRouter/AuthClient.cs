using System.Net;
using Partner.Contracts;
using Partner.ServiceDefaults;

namespace Partner.SiteRouter;

/// <summary>What auth knows of connections.</summary>
internal sealed class AuthClient(HttpClient http)
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <returns>Null for an unknown connection.</returns>
    /// <exception cref="HttpRequestException">Auth did not answer, or not as it should.</exception>
    /// <exception cref="TimeoutException">Auth took too long.</exception>
    public async Task<ConnectionRecord?> FindAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/internal/v1/connections/{connection}").With(
            ServiceClaims.None
        );
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<ConnectionRecord>(cancellationToken)
                ?? throw new HttpRequestException("Auth answered null.");
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Auth took too long.", exception);
        }
    }
}
