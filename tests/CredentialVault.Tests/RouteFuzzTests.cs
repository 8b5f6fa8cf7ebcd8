using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Partner.Contracts;
using Partner.ServiceDefaults;
using Partner.Testing;
using Partner.Testing.Fuzzing;

namespace Partner.CredentialVault.Tests;

/// <summary>Every endpoint, asked for what nobody thought of: whatever the answer is, it is not that the vault failed.</summary>
public sealed class RouteFuzzTests
{
    [Fact]
    public Task WhateverIsAskedIsAnswered() => FuzzAsync(20261130, 2_000);

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public Task WhateverIsAskedFiftyThousandTimesIsAnswered() => FuzzAsync(Environment.TickCount, 50_000);

    private static async Task FuzzAsync(int seed, int count)
    {
        await using var database = await TestDatabase.CreateAsync(VaultApp.Scripts, "vault");
        await using var vault = await VaultApp.StartAsync(
            database.ConnectionString,
            VaultApp.Ring(1, (1, VaultApp.NewKey()))
        );
        var (connection, owner) = await vault.ConnectAsync("org-of-many-questions", "key-1", "value");
        (string, string, string)[] bodies =
        [
            Body("/internal/v1/owners", OwnerReservation.ForOrg("client", "org-of-many-questions", connection)),
            Body("/internal/v1/owners/", new StoredSecret(1, "key-1", new Secret("value"), VaultApp.Site)),
            Body("/internal/v1/connections", new ApiKeyOwner(owner, TenantId.New())),
            Body(
                "/internal/v1/audit",
                new AuditEvent(
                    connection,
                    "connection.connected",
                    "partner:test",
                    new Dictionary<string, string> { ["a"] = "b" }
                )
            ),
        ];
        using var fuzzer = new RouteFuzzer(
            vault.Url,
            vault.Services.GetRequiredService<EndpointDataSource>(),
            name =>
                name switch
                {
                    "connection" => connection.Text,
                    "owner" => owner.Text,
                    _ => "1",
                },
            bodies
        );
        await fuzzer.RunAsync(
            seed,
            count,
            mutator => new AuthenticationHeaderValue(
                "Bearer",
                mutator
                    .Of<ServiceIdentity>([vault.Auth, vault.Auth, vault.Auth, vault.Sender, vault.Operator])
                    .TokenFor("vault", mutator.Once(10) ? ServiceClaims.None : new ServiceClaims(connection.Text))
            ),
            (method, _) => method == "DELETE"
        );
        Assert.Equal(
            System.Net.HttpStatusCode.OK,
            (await vault.SendAsync(HttpMethod.Get, $"audit/{connection}/verify")).Status
        );
    }

    private static (string, string, string) Body<T>(string path, T body) =>
        (path, "application/json", JsonSerializer.Serialize(body, JsonSerializerOptions.Web));
}
