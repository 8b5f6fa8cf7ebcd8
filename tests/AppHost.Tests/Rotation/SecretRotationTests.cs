using System.Net;
using System.Net.Http.Headers;
using Partner.Demo;
using Partner.ServiceDefaults;
using Partner.Testing;

namespace Partner.AppHost.Tests.Rotation;

/// <summary>docs/operations.md, "Service key pairs" and "Database passwords": the steps in their order, under traffic.</summary>
[Collection(OtherSystems.Name)]
public sealed class SecretRotationTests(ITestOutputHelper output)
{
    private const string KeysOfGateway = "ServiceTokens__Callers__gateway__PublicKey";

    // All that the gateway calls (docs/architecture.md, "Who may call whom").
    private static readonly string[] Callees =
    [
        "auth",
        "site-router",
        "logs",
        "metrics",
        "checks",
        "events",
        "traces",
        "incidents",
    ];

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task AServicesKeyPairIsChangedAndNobodyNotices()
    {
        using var older = new ServiceIdentity("gateway");
        using var newer = new ServiceIdentity("gateway");
        await using var system = await RotatedSystem.StartAsync(older);
        var tenant = await ConnectAsync(system);
        await using var traffic = new Traffic(system.Gateway, system.Http, system.Sandbox, tenant);
        traffic.Start();
        await using var reads = new Reads(system, tenant);
        await MoreAsync(traffic);
        Assert.Equal((true, false), (await IsTakenAsync(system, older), await IsTakenAsync(system, newer)));

        await GiveAsync(system, $"{newer.PublicKey} {older.PublicKey}");
        Assert.Equal((true, true), (await IsTakenAsync(system, older), await IsTakenAsync(system, newer)));
        await MoreAsync(traffic);

        system.Set("gateway", "ServiceTokens__PrivateKey", newer.PrivateKey);
        await system.RollOutAsync("gateway");
        await MoreAsync(traffic);

        await GiveAsync(system, newer.PublicKey);
        Assert.Equal((false, true), (await IsTakenAsync(system, older), await IsTakenAsync(system, newer)));
        await MoreAsync(traffic);

        await traffic.EndAsync();
        await reads.EndAsync();
        await AllArrivesAsync(system, traffic, tenant);
        output.WriteLine($"{traffic.Acked} logs acked, {reads.Count} reads; refused: {Said(traffic.Refusals)}");
        output.WriteLine($"reads that failed: {string.Join(", ", reads.Failures)}");
        // A process that ends may break off one request, which its client repeats; a key that is not known would refuse
        // each one on its way.
        Assert.All(traffic.Refusals, refusal => Assert.True(refusal.After > TimeSpan.Zero));
        Assert.InRange(traffic.Refusals.Count + reads.Failures.Count, 0, system.Restarts);
    }

    [Fact(Explicit = true)]
    [Trait("tier", "long")]
    public async Task APasswordOfARoleIsChangedAndNothingAckedIsLost()
    {
        using var gateway = new ServiceIdentity("gateway");
        await using var system = await RotatedSystem.StartAsync(gateway);
        var tenant = await ConnectAsync(system);
        await using var traffic = new Traffic(system.Gateway, system.Http, system.Sandbox, tenant);
        traffic.Start();
        await MoreAsync(traffic);

        var database = system.DatabaseOf("logs", RotatedSystem.NewSecret());
        Assert.False(await RotatedSystem.IsLetInAsync(database));
        system.Set(
            "logs",
            "ConnectionStrings__database",
            database.Replace("Pooling=False", "", StringComparison.Ordinal)
        );
        system.Set("migrator", "Schemas__logs__Password", new Npgsql.NpgsqlConnectionStringBuilder(database).Password!);
        await system.RunMigratorAsync();
        await Until.TrueAsync(() => RotatedSystem.IsLetInAsync(database));

        // Sessions that are open go on.
        await MoreAsync(traffic);
        output.WriteLine($"refused while the open sessions served: {Said(traffic.Refusals)}");
        var before = traffic.Refusals.Count;

        // And without them each replica says 503 until it is started with the new password.
        Assert.True(await system.EndSessionsAsync("logs") > 0);
        await Until.TrueAsync(() => traffic.Refusals.Count > before);
        await system.RollOutAsync("logs");
        var gap = traffic.Refusals.Count;
        await MoreAsync(traffic);

        await traffic.EndAsync();
        await AllArrivesAsync(system, traffic, tenant);
        output.WriteLine($"{traffic.Acked} logs acked; refused: {Said(traffic.Refusals)}");
        Assert.All(traffic.Refusals, refusal => Assert.Equal("503", refusal.What));
        Assert.All(traffic.Refusals, refusal => Assert.True(refusal.After > TimeSpan.Zero));
        Assert.Equal(gap, traffic.Refusals.Count);
    }

    private static Task<ConnectedTenant> ConnectAsync(RotatedSystem system) =>
        Connecting.ConnectAsync(system.Backend, system.Sandbox, system.Gateway, DemoSite.All[0], "rotation");

    private static Task MoreAsync(Traffic traffic)
    {
        var wanted = traffic.Acked + 500;
        return Until.TrueAsync(() => traffic.Acked >= wanted);
    }

    /// <summary>The callees get the gateway's public keys; all of them at once, and of each one replica after the other.</summary>
    private static Task GiveAsync(RotatedSystem system, string publicKeys) =>
        Task.WhenAll(
            Callees.Select(callee =>
            {
                system.Set(callee, KeysOfGateway, publicKeys);
                return system.RollOutAsync(callee);
            })
        );

    /// <summary>Whether every callee takes a token by this pair for the gateway's.</summary>
    private static async Task<bool> IsTakenAsync(RotatedSystem system, ServiceIdentity pair)
    {
        var taken = new List<bool>();
        foreach (var callee in Callees)
        {
            // That it asks for a token at all.
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(system, callee, null));
            var token = pair.TokenFor(callee, new ServiceClaims(Actor: "test", Role: "manage"));
            taken.Add(await AskAsync(system, callee, token) != HttpStatusCode.Unauthorized);
        }

        return Assert.Single(taken.Distinct());
    }

    private static async Task<HttpStatusCode> AskAsync(RotatedSystem system, string callee, string? token)
    {
        var nobody = $"connections/con_{new string('0', 32)}";
        var path = callee switch
        {
            "auth" => "tenants",
            "site-router" => $"{nobody}/datadog/api/v1/monitor",
            _ => $"senders/{callee}/{nobody}/deliveries",
        };
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(system.AddressOf(callee), $"partner/v1/{path}")
        )
        {
            Headers = { Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token) },
        };
        using var response = await system.Http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task AllArrivesAsync(RotatedSystem system, Traffic traffic, ConnectedTenant tenant)
    {
        await Until.AnsweredAsync(
            () => system.Backend.DeliveriesAsync("logs", tenant.Connection.Id),
            deliveries => deliveries.Backlog.Items == 0
        );
        var acked = traffic.AckedBefore(DateTimeOffset.MaxValue);
        await Until.AnsweredAsync(
            async () => acked.Except((await traffic.ArrivedAsync()).Keys).Count(),
            missing => missing == 0
        );
    }

    private static string Said(IEnumerable<Refusal> refusals) =>
        string.Join(
            ", ",
            refusals
                .GroupBy(refusal => refusal)
                .Select(group => $"{group.Count()} x {group.Key.What} ({group.Key.After})")
        )
            is { Length: > 0 } text
            ? text
            : "none";
}
