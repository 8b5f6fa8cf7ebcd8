using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Partner.Testing;

namespace Partner.Relay.Tests;

/// <summary>The way to a gateway with TLS, and gRPC.</summary>
public sealed class RelayTlsTests : IDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly SelfSigned _certificate = new("localhost");

    public void Dispose() => _certificate.Dispose();

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task TheGatewayChoosesTheVersion(HttpProtocols offered, string chosen)
    {
        await using var gateway = await GatewayStandIn.StartAsync(_certificate.Certificate, offered);
        await using var relay = await StartAsync(gateway);

        using var answer = await relay.PostAsync("/v0.4/traces");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal((chosen, RelayHost.Key), (gateway.Only.Protocol, gateway.Only.Key));
    }

    [Fact]
    public async Task AGatewayThatCannotProveItsNameGetsNothing()
    {
        await using var gateway = await GatewayStandIn.StartAsync(_certificate.Certificate);
        await using var byOtherName = await StartAsync(gateway.Url.Replace("localhost", "127.0.0.1"));
        await using var untrusting = await RelayHost.StartAsync(gateway);

        foreach (var relay in new[] { byOtherName, untrusting })
        {
            using var answer = await relay.PostAsync("/v0.4/traces");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        Assert.Empty(gateway.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ACallOfGrpcGoesOnWithItsTrailers(bool tls)
    {
        await using var gateway = await GatewayStandIn.StartAsync(
            tls ? _certificate.Certificate : null,
            HttpProtocols.Http2
        );
        var seen = (Protocol: "", Key: "", Te: "", Type: "", Body: Array.Empty<byte>());
        gateway.Behaviour = async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers;
            seen = (
                context.Request.Protocol,
                $"{headers["dd-api-key"]}",
                $"{headers.TE}",
                context.Request.ContentType!,
                body.ToArray()
            );
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        };
        var port = LocalProcess.FreePort();
        await using var relay = await StartAsync(gateway, $"--Relay:GrpcPort={port}");
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"http://127.0.0.1:{port}/opentelemetry.proto.collector.logs.v1.LogsService/Export"
        )
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 1, 7]) { Headers = { ContentType = new("application/grpc") } },
            Headers = { TE = { new("trailers") } },
        };

        using var answer = await relay.Http.SendAsync(request, Token);

        Assert.Equal(new byte[5], await answer.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("0", answer.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(
            ("HTTP/2", RelayHost.Key, "trailers", "application/grpc"),
            (seen.Protocol, seen.Key, seen.Te, seen.Type)
        );
        Assert.Equal([0, 0, 0, 0, 1, 7], seen.Body);
    }

    private Task<RelayHost> StartAsync(GatewayStandIn gateway, params string[] settings) =>
        StartAsync(gateway.Url, settings);

    private Task<RelayHost> StartAsync(string gateway, params string[] settings) =>
        RelayHost.StartAsync(
            gateway,
            builder => builder.Services.Configure<SslClientAuthenticationOptions>(_certificate.TrustIn),
            [$"--Relay:Key={RelayHost.Key}", .. settings]
        );
}
