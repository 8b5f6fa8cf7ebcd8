using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Partner.StandIns.Tests;

public class ServiceDiscoveryTests
{
    private static readonly Dictionary<string, string?> Services = new()
    {
        ["services:auth:http:0"] = "http://localhost:1001",
        ["services:auth:management:0"] = "http://localhost:1002",
        ["services:many:http:0"] = "http://localhost:2001",
        ["services:many:http:1"] = "http://localhost:2002",
        ["services:both:https:0"] = "https://localhost:3001",
        ["services:both:http:0"] = "http://localhost:3002",
    };

    [Theory]
    [InlineData("http://auth/path?query", "http://localhost:1001/path?query")]
    [InlineData("https+http://auth/", "http://localhost:1001/")]
    [InlineData("http://_management.auth/health", "http://localhost:1002/health")]
    [InlineData("https+http://both/", "https://localhost:3001/")]
    [InlineData("http://both/", "http://localhost:3002/")]
    [InlineData("http://unknown/path", "http://unknown/path")]
    [InlineData("https://auth/", "https://auth/")]
    public async Task LogicalNamesAreResolved(string logical, string expected) => Assert.Equal([expected], await RequestsAsync(logical));

    [Fact]
    public async Task SeveralEndpointsTakeTurns()
    {
        var requests = await RequestsAsync("http://many/", "http://many/", "http://many/", "http://many/");
        Assert.Equal(["http://localhost:2001/", "http://localhost:2002/"], requests.Distinct().Order());
        Assert.NotEqual(requests[0], requests[1]);
        Assert.Equal(requests[0], requests[2]);
    }

    [Fact]
    public void AddressesAreReadAtEachRequest()
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(Services);
        var endpoints = new ConfiguredEndpoints(configuration);
        Assert.Equal("http://localhost:1001/", endpoints.Resolve(new Uri("http://auth")).ToString());
        configuration["services:auth:http:0"] = "http://localhost:1009";
        Assert.Equal("http://localhost:1009/", endpoints.Resolve(new Uri("http://auth")).ToString());
    }

    [Fact]
    public async Task ProxyDestinationsAreResolved()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(Services);
        builder.Services.AddReverseProxy().AddServiceDiscoveryDestinationResolver();
        await using var app = builder.Build();
        var resolved = await app.Services.GetRequiredService<IDestinationResolver>().ResolveDestinationsAsync(
            new Dictionary<string, DestinationConfig>
            {
                ["a"] = new() { Address = "http://many/base/" },
                ["b"] = new() { Address = "http://unknown/" },
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(
            ["http://localhost:2001/base/", "http://localhost:2002/base/", "http://unknown/"],
            resolved.Destinations.Values.Select(d => d.Address).Order());
    }

    private static async Task<List<string>> RequestsAsync(params string[] urls)
    {
        var recorder = new Recorder();
        var services = new ServiceCollection();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Services).Build();
        services.AddSingleton<IConfiguration>(configuration).AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
        services.AddHttpClient("client").ConfigurePrimaryHttpMessageHandler(() => recorder);
        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("client");
        foreach (var url in urls)
        {
            using var response = await client.GetAsync(url);
        }

        return recorder.Seen;
    }

    private sealed class Recorder : HttpMessageHandler
    {
        public List<string> Seen { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Seen.Add(request.RequestUri!.ToString());
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
