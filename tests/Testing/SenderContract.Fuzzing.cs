using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Partner.ServiceDefaults;
using Partner.Testing.Fuzzing;
using Xunit;

namespace Partner.Testing;

/// <summary>Questions that nobody thought of.</summary>
public abstract partial class SenderContract
{
    [Fact]
    public Task WhateverIsAskedOfItIsAnswered() => AskAsync(20261130, 1_000);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public Task WhateverIsAskedOfItTwentyThousandTimesIsAnswered() => AskAsync(Environment.TickCount, 20_000);

    private async Task AskAsync(int seed, int count)
    {
        var bodies = Cases
            .Where(c => c.Body.Length < 5_000 && c.ContentType == "application/json")
            .Select(c => (c.Path, c.ContentType, System.Text.Encoding.UTF8.GetString(c.Body)))
            .Append(
                (
                    "/partner/v1",
                    "application/json",
                    """{"reason":"expired","ids":[1,2],"before":"2026-11-30T12:00:00Z","state":"paused"}"""
                )
            )
            .ToList();
        using var fuzzer = new RouteFuzzer(
            new Uri(App.Urls.Single()),
            App.Services.GetRequiredService<EndpointDataSource>(),
            name => name == "connection" ? Connection.Text : "1",
            bodies
        );
        await fuzzer.RunAsync(
            seed,
            count,
            mutator => new AuthenticationHeaderValue(
                "Bearer",
                _gateway.TokenFor(
                    Name,
                    mutator.Of<ServiceClaims>([
                        new(Connection.Text),
                        new(Connection.Text, Strict: true),
                        new(Actor: "test", Role: "manage"),
                        new(Actor: "test", Role: "manage"),
                        new(Actor: "test", Role: "read"),
                    ])
                )
            )
        );
    }
}
