using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryHttpClientBuilderExtensions
{
    public static IServiceCollection AddServiceDiscovery(this IServiceCollection services) => services;

    public static IHttpClientBuilder AddServiceDiscovery(this IHttpClientBuilder builder) =>
        builder.AddHttpMessageHandler(p => new Handler(p.GetRequiredService<IConfiguration>()));

    private sealed class Handler(IConfiguration configuration) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var uri = request.RequestUri!;
            foreach (var scheme in uri.Scheme.Split('+'))
            {
                if (configuration[$"services:{uri.Host}:{scheme}:0"] is { } address)
                {
                    request.RequestUri = new Uri(new Uri(address), uri.PathAndQuery);
                    break;
                }
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
