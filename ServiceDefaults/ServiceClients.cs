using System.Net.Http.Headers;

namespace Partner.ServiceDefaults;

/// <summary>Typed clients for our own services: found by name, with a service token on every request.</summary>
public static class ServiceClients
{
    private static readonly HttpRequestOptionsKey<ServiceClaims> ClaimsKey = new("Partner.ServiceClaims");

    /// <summary>Of a pooled connection: DNS is asked again within this time, and a replica that was added gets its share.</summary>
    public static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A client of <paramref name="service"/>, which a singleton may keep: a service that has moved is found again.
    /// HTTPS is used where the service has it. No automatic retry: it would repeat unsafe methods, and the caller
    /// knows better.
    /// </summary>
    public static IHttpClientBuilder AddServiceClient<TClient>(
        this IServiceCollection services,
        string service,
        TimeSpan? timeout = null
    )
        where TClient : class =>
        services
            .AddHttpClient<TClient>(client =>
            {
                client.BaseAddress = new Uri($"https+http://{service}");
                client.Timeout = timeout ?? TimeSpan.FromSeconds(10);
            })
            .AddHttpMessageHandler(provider => new TokenHandler(
                service,
                provider.GetRequiredService<ServiceTokenIssuer>()
            ))
            // Discovery looks at each request, the transport renews its connections itself: the handlers can stay.
            .UseSocketsHttpHandler((sockets, _) => sockets.PooledConnectionLifetime = ConnectionLifetime)
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan);

    /// <summary>States what the call is about; see <see cref="ServiceClaims"/>.</summary>
    public static HttpRequestMessage With(this HttpRequestMessage request, ServiceClaims claims)
    {
        request.Options.Set(ClaimsKey, claims);
        return request;
    }

    private sealed class TokenHandler(string audience, ServiceTokenIssuer issuer) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            request.Options.TryGetValue(ClaimsKey, out var claims);
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Bearer",
                issuer.Issue(audience, claims ?? ServiceClaims.None)
            );
            return base.SendAsync(request, cancellationToken);
        }
    }
}
