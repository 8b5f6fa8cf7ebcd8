namespace Microsoft.Extensions.ServiceDiscovery;

internal sealed class ResolvingHandler(ConfiguredEndpoints endpoints) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var logical = request.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        request.RequestUri = endpoints.Resolve(logical);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            // Whoever sends it again, after a failure say, asks again where to.
            request.RequestUri = logical;
        }
    }
}
