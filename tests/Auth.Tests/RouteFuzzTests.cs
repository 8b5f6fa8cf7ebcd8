using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Partner.Sandbox;
using Partner.ServiceDefaults;
using Partner.Testing.Fuzzing;

namespace Partner.Auth.Tests;

/// <summary>Every endpoint, asked for what nobody thought of: whatever the answer is, it is not that the service failed.</summary>
public sealed class RouteFuzzTests(World world) : IClassFixture<World>
{
    [Fact]
    public Task WhateverIsAskedIsAnswered() => FuzzAsync(20261130, 3_000);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public Task WhateverIsAskedAHundredThousandTimesIsAnswered() => FuzzAsync(Environment.TickCount, 100_000);

    private async Task FuzzAsync(int seed, int count)
    {
        var tenant = await world.Auth.NewTenantAsync();
        var org = world.Datadog.Orgs.Add(SiteTable.Find("US1")!, "Org of many questions");
        Assert.Equal("/connect/done", await world.NewBrowser().ConnectAsync(tenant, org));
        var connection = (await world.Auth.ConnectionAsync(tenant))["id"]!.GetValue<string>();
        var (_, session) = (0, await world.Auth.CreateSessionAsync(tenant));
        var samples = new Dictionary<string, string>
        {
            ["tenant"] = tenant.Text,
            ["connection"] = connection,
            ["session"] = session["id"]!.GetValue<string>(),
            ["id"] = Guid.CreateVersion7().ToString(),
        };
        (string, string, string)[] bodies =
        [
            ("/partner/v1/tenants", "application/json", """{"external_id":"one","name":"One \ud83d\ude00"}"""),
            (
                "/partner/v1/connect-sessions",
                "application/json",
                (await world.Auth.SessionBodyAsync(tenant, ("return_to", "/settings/datadog"))).ToJsonString()
            ),
            ("/partner/v1/connections", "application/json", """{"strict":true}"""),
            ("/partner/v1/credentials", "application/json", """{"name":"ci","role":"read"}"""),
            (
                "/partner/v1/webhook",
                "application/json",
                """{"url":"http://127.0.0.1:9/hook","types":["connection.connected"],"from":"2026-11-30T12:00:00Z","event":"evt_1"}"""
            ),
            (
                "/internal/v1/key-uses",
                "application/json",
                $$"""{"ingestKeys":["{{Guid.CreateVersion7()}}"],"credentials":[]}"""
            ),
            ("/internal/v1/connections", "application/json", """{"reason":"x"}"""),
            (
                "/connect",
                "application/x-www-form-urlencoded",
                "site=datadoghq.com&token=abc&session=def&domain=https%3A%2F%2Fapp.datadoghq.com"
            ),
        ];
        var endpoints = world.Auth.Get<EndpointDataSource>();
        using var fuzzer = new RouteFuzzer(
            world.Auth.Url,
            endpoints,
            name => samples.GetValueOrDefault(name, "1"),
            bodies
        );
        await fuzzer.RunAsync(
            seed,
            count,
            mutator => new AuthenticationHeaderValue(
                "Bearer",
                mutator.Of<string>([
                    world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "manage")),
                    world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "manage")),
                    world.Gateway.TokenFor("auth", new ServiceClaims(Actor: "test", Role: "read")),
                    world.Gateway.TokenFor("auth", ServiceClaims.None),
                    world.Sender.TokenFor("auth", new ServiceClaims(connection)),
                    world.Sender.TokenFor("auth", ServiceClaims.None),
                ])
            ),
            (method, pattern) =>
                method == "DELETE" && pattern.EndsWith('}') && !pattern.Contains("{id", StringComparison.Ordinal)
        );

        // It still does what it is for.
        var (status, body) = await world.Auth.PartnerAsync(
            HttpMethod.Post,
            "/partner/v1/tenants",
            new { external_id = Guid.CreateVersion7().ToString(), name = "After" }
        );
        Assert.Equal(System.Net.HttpStatusCode.Created, status);
        Assert.IsType<JsonObject>(body);
    }
}
