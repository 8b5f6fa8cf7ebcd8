using System.Net.Http.Headers;
using Partner.Bench.Machine;
using Partner.Demo;
using Partner.ServiceDefaults;

namespace Partner.Bench.Load;

/// <summary>Where requests go in: the gateway with an ingest key, or a sender as the gateway would call it.</summary>
internal sealed class Door(Uri address, Shape shape, Action<HttpRequestMessage, ConnectedTenant> identify) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        }
    )
    {
        Timeout = Timeout,
    };

    private readonly Uri _target = new(address, shape.Path);

    public static Door Gateway(RunningSystem system, Shape shape) =>
        new(system.Gateway, shape, (request, tenant) => request.Headers.Add("DD-API-KEY", tenant.Key.Key));

    public static Door Sender(RunningSystem system, Shape shape) =>
        new(
            system.AddressOf(shape.Name),
            shape,
            (request, tenant) =>
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Bearer",
                    system.GatewayIdentity.TokenFor(shape.Name, new ServiceClaims(tenant.Connection.Id))
                )
        );

    /// <returns>The status, and how long the answer asks to wait.</returns>
    public async Task<(int Status, TimeSpan? RetryAfter)> PostAsync(ConnectedTenant tenant, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        identify(request, tenant);
        using var response = await _http.SendAsync(request);
        return ((int)response.StatusCode, response.Headers.RetryAfter?.Delta);
    }

    public void Dispose() => _http.Dispose();
}
