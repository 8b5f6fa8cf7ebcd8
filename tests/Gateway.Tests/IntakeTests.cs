using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Partner.ServiceDefaults;

namespace Partner.Gateway.Tests;

public sealed class IntakeTests(GatewayHost host) : IClassFixture<GatewayHost>
{
    [Fact]
    public async Task ForwardsWithATokenThatNamesTheConnection()
    {
        var (key, entry) = await host.NewKeyAsync(strict: true);

        var answer = await host.PostLogsAsync(key, "/api/v2/logs?ddtags=env%3Aprod,a:b&x=%20y");

        Assert.Equal((202, "{}"), answer.StatusAndBody);
        Assert.Null(answer.Header("Server"));
        var received = host.Sender.Last;
        Assert.Equal(("/api/v2/logs", "?ddtags=env%3Aprod,a:b&x=%20y"), (received.Path, received.Query));
        Assert.Equal(
            new ServiceCaller("gateway", new ServiceClaims(Connection: entry.Connection.Text, Strict: true)),
            received.Caller
        );
    }

    [Fact]
    public async Task ForwardsTheLegacyPathToo()
    {
        var (key, entry) = await host.NewKeyAsync();

        var answer = await host.PostLogsAsync(key, "/v1/input");

        Assert.Equal((202, "{}"), answer.StatusAndBody);
        Assert.Equal("/v1/input", host.Sender.Last.Path);
        Assert.Equal(new ServiceClaims(Connection: entry.Connection.Text), host.Sender.Last.Caller.Claims);
    }

    [Theory]
    [InlineData(
        "/api/v2/logs",
        401,
        """{"errors":[{"status":"401","title":"Unauthorized","detail":"API key required"}]}"""
    )]
    [InlineData("/v1/input", 403, """{"code":403,"message":"API key required"}""")]
    public async Task AMissingKeyIsRefusedInThePathsShape(string path, int status, string body) =>
        Assert.Equal((status, body), (await host.PostLogsAsync(null, path)).StatusAndBody);

    [Theory]
    [InlineData("/api/v2/logs", """{"errors":[{"status":"403","title":"Forbidden","detail":"Forbidden"}]}""")]
    [InlineData("/v1/input", """{"code":403,"message":"Forbidden"}""")]
    public async Task AnUnknownKeyIsRefusedInThePathsShape(string path, string body)
    {
        foreach (var key in new[] { new string('0', 32), "short", new string('Z', 32), new string('0', 4000) })
        {
            Assert.Equal((403, body), (await host.PostLogsAsync(key, path)).StatusAndBody);
        }
    }

    [Fact]
    public async Task AnIdempotencyKeyGoesThroughAndSoDoesTheWordThatItWasARepetition()
    {
        var (key, _) = await host.NewKeyAsync();
        host.Sender.Behaviour = context =>
        {
            context.Response.Headers["Idempotency-Replayed"] = "true";
            context.Response.StatusCode = 202;
            return context.Response.WriteAsync(context.Request.Headers["Idempotency-Key"].ToString());
        };

        var answer = await host.PostLogsAsync(key, headers: h => h.Add("Idempotency-Key", "k-1"));

        host.Sender.Behaviour = null;
        Assert.Equal((202, "k-1"), answer.StatusAndBody);
        Assert.Equal("true", answer.Header("Idempotency-Replayed"));
    }

    [Fact]
    public async Task TheKeyInUpperCaseIsNotTheKey()
    {
        var (key, _) = await host.NewKeyAsync();

        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(key.ToUpperInvariant())).Status);
    }

    [Fact]
    public async Task TwoKeysAreRefusedEvenIfBothAreGood()
    {
        var (one, _) = await host.NewKeyAsync();
        var (two, _) = await host.NewKeyAsync();

        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await host.PostLogsAsync(one, headers: h => h.Add("dd-api-key", two))).Status
        );
        Assert.Equal(HttpStatusCode.Forbidden, (await host.PostLogsAsync(one, $"/api/v2/logs?api_key={two}")).Status);
        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PostLogsAsync(one, headers: h => h.Add("dd-api-key", one))).Status
        );
    }

    [Theory]
    [Trait("security", "30")]
    [InlineData("%61pi_key")]
    [InlineData("API_Key")]
    [InlineData("dd-api-key")]
    [InlineData("DD-API-KEY")]
    [InlineData("Dd-Api-Key")]
    [InlineData("dd%2Dapi%2dkey")]
    public async Task AKeyInTheQueryIsTakenAndGoesNoFurther(string name)
    {
        var (key, _) = await host.NewKeyAsync();

        var answer = await host.PostLogsAsync(
            null,
            $"/api/v2/logs?ddsource=a&{name}={key}&application_key=s&DD-APPLICATION-KEY=s&ddtags=b%2Bc"
        );

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        Assert.Equal("?ddsource=a&ddtags=b%2Bc", host.Sender.Last.Query);
    }

    [Fact]
    public async Task TwoNamesForOneKeyInTheQueryAreOneKey()
    {
        var (key, _) = await host.NewKeyAsync();
        var (other, _) = await host.NewKeyAsync();

        Assert.Equal(
            HttpStatusCode.Accepted,
            (await host.PostLogsAsync(null, $"/api/v2/logs?api_key={key}&dd-api-key={key}")).Status
        );
        Assert.Equal(
            HttpStatusCode.Forbidden,
            (await host.PostLogsAsync(null, $"/api/v2/logs?api_key={key}&dd-api-key={other}")).Status
        );
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.PostLogsAsync(null, "/api/v2/logs?dd-api-key=")).Status);
    }

    [Fact]
    [Trait("security", "45")]
    public async Task WhatAClientSaysOfItselfDoesNotPass()
    {
        var (key, _) = await host.NewKeyAsync();

        await host.PostLogsAsync(
            key,
            headers: h =>
            {
                foreach (
                    var name in new[]
                    {
                        "X-Tenant-Id",
                        "x-tenant-connection",
                        "X-Forwarded-For",
                        "X-Forwarded-Host",
                        "X-Forwarded-Proto",
                        "Forwarded",
                        "X-Connection-Id",
                        "Service-Token",
                        "X-Original-Host",
                        "X-Real-IP",
                        "DD-APPLICATION-KEY",
                        "Cookie",
                        "Proxy-Authorization",
                        "X-Hop",
                        "Authorization",
                    }
                )
                {
                    h.TryAddWithoutValidation(name, "forged");
                }

                h.Connection.Add("X-Hop");
                h.TryAddWithoutValidation("X-Request-Note", "stays");
            }
        );

        var headers = host.Sender.Last.Headers;
        Assert.DoesNotContain(headers, header => header.Value.Contains("forged"));
        Assert.DoesNotContain("DD-API-KEY", headers.Keys);
        Assert.DoesNotContain(headers.Keys, name => name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("Bearer ey", headers["Authorization"]);
        Assert.Equal("stays", headers["X-Request-Note"]);
    }

    [Fact]
    public async Task TheBodyPassesUntouched()
    {
        var (key, _) = await host.NewKeyAsync();
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(RandomNumberGenerator.GetBytes(100_000));
        }

        var body = new ByteArrayContent(packed.ToArray());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        body.Headers.ContentEncoding.Add("gzip");
        var answer = await host.SendAsync(HttpMethod.Post, "/api/v2/logs", key, body);

        Assert.Equal(HttpStatusCode.Accepted, answer.Status);
        var received = host.Sender.Last;
        Assert.Equal(packed.ToArray(), received.Body);
        Assert.Equal(
            ("gzip", "application/json"),
            (received.Headers["Content-Encoding"], received.Headers["Content-Type"])
        );
    }
}
