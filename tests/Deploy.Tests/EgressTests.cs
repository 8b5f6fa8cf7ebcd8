using System.Net;
using System.Text.Json.Nodes;
using Partner.Deploy.Tests.Model;
using Partner.Deploy.Tests.Rules;
using Partner.Egress;

namespace Partner.Deploy.Tests;

/// <summary>What leaves a pod: as far as Egress lets it, and no further.</summary>
public class EgressTests
{
    // Auth, site-router and the senders call Datadog (docs/architecture.md, "Who may call whom").
    private static readonly string[] Dialers =
    [
        "auth",
        "checks",
        "events",
        "incidents",
        "logs",
        "metrics",
        "site-router",
        "traces",
    ];

    [Fact]
    public async Task OnlyWhoCallsDatadogReachesTheInternetAndOnlyByHttps()
    {
        var ways = PolicyRules.WaysOut(await Overlays.ProductionAsync()).Where(w => IsInternet(w.Peer)).ToList();
        Assert.Equal(Dialers, ways.Select(w => w.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(ways, way => Assert.Equal(443, way.Port));
    }

    [Fact]
    public async Task WhatIsLeftOutIsWhatEgressRefuses()
    {
        var blocks = PolicyRules
            .WaysOut(await Overlays.ProductionAsync())
            .Where(w => IsInternet(w.Peer))
            .Select(w => w.Peer["ipBlock"]!)
            .DistinctBy(block => block.ToJsonString())
            .ToList();
        Assert.Equal(["0.0.0.0/0", "2000::/3"], blocks.Select(b => b.Name("cidr")).Order(StringComparer.Ordinal));
        Assert.Equal([], blocks.SelectMany(Differences));
    }

    [Theory]
    [InlineData("169.254.0.0/16")]
    [InlineData("10.0.0.0/8")]
    [InlineData("2001:db8::/32")]
    public async Task ARangeThatIsForgottenIsFound(string range)
    {
        var manifest = (await Overlays.ProductionAsync()).With(m =>
        {
            foreach (var block in m.Get("NetworkPolicy", "egress-datadog").At("spec/egress")![0]!["to"].Items())
            {
                var except = block["ipBlock"]!["except"]!.AsArray();
                if (except.SingleOrDefault(e => e.Is(range)) is { } forgotten)
                {
                    except.Remove(forgotten);
                }
            }
        });
        var blocks = PolicyRules.WaysOut(manifest).Where(w => IsInternet(w.Peer)).Select(w => w.Peer["ipBlock"]!);
        Assert.Contains(blocks.SelectMany(Differences), d => d.Contains(range, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PostgresAndRedisAreForThoseWhoUseThem()
    {
        var production = await Overlays.ProductionAsync();
        var appHost = await AppHostModel.ReadAsync(production);
        var ways = PolicyRules
            .WaysOut(production)
            .Where(w => w.Peer["ipBlock"] is not null && !IsInternet(w.Peer))
            .ToList();
        Assert.Equal(
            appHost
                .Where(d =>
                    d.Environment.Keys.Any(k => k is "ConnectionStrings__database" or "ConnectionStrings__postgres")
                )
                .Select(d => d.Name)
                .Order(StringComparer.Ordinal),
            ways.Where(w => w.Port == 5432).Select(w => w.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            appHost.Where(d => d.Environment.ContainsKey("ConnectionStrings__cache")).Select(d => d.Name),
            ways.Where(w => w.Port == 6380).Select(w => w.Name)
        );
        Assert.All(ways, w => Assert.Contains(w.Port, (long[])[5432, 6380]));
    }

    [Fact]
    public async Task TheGatewayAloneIsReachedFromElsewhereAndByOneNamespace()
    {
        var ways = PolicyRules.WaysIn(await Overlays.ProductionAsync()).ToList();
        Assert.Equal([("gateway", 8080L), ("gateway", 8082L)], ways.Select(w => (w.Name, w.Port)).Order());
        var peer = Assert.Single(ways.Select(w => w.Peer).Distinct());
        Assert.NotNull(peer.At("namespaceSelector/matchLabels")?["kubernetes.io/metadata.name"]);
        Assert.Empty(PolicyRules.WaysIn(await Overlays.DevAsync()));
    }

    [Fact]
    public async Task DevReachesTheSandboxAndTheStoresAndNothingOutside()
    {
        var dev = await Overlays.DevAsync();
        Assert.DoesNotContain(PolicyRules.WaysOut(dev), w => w.Peer["ipBlock"] is not null);
        var ways = PolicyRules.Ways(dev).ToList();
        Assert.Equal(
            Dialers.Append("demo-partner").Order(StringComparer.Ordinal),
            ways.Where(w => w is { To: "sandbox", Port: 8080 }).Select(w => w.From).Order(StringComparer.Ordinal)
        );
        Assert.Equal(["auth"], ways.Where(w => w.To == "cache").Select(w => w.From));
        Assert.DoesNotContain("gateway", ways.Where(w => w.To == "postgres").Select(w => w.From));
        Assert.Equal(9, ways.Count(w => w.To == "postgres"));
    }

    [Fact]
    public async Task CiliumNamesTheHostsOfTheNineSites()
    {
        var everything = await Overlays.EverythingAsync();
        var policy = everything.Get("CiliumNetworkPolicy", "egress-datadog");
        Assert.Equal(
            SiteRegistry.BuiltIn().Sites.SelectMany(s => s.Hosts.Values).Distinct().Order(StringComparer.Ordinal),
            policy
                .At("spec/egress")
                .Items()
                .SelectMany(rule => rule["toFQDNs"].Items())
                .Select(name => name.Name("matchName"))
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            Dialers,
            policy.At("spec/endpointSelector/matchExpressions")![0]!["values"].Strings().Order(StringComparer.Ordinal)
        );
        // Policies add up: one for the whole internet beside it would make it mean nothing.
        Assert.Equal(
            ["auth"],
            PolicyRules.WaysOut(everything).Where(w => IsInternet(w.Peer)).Select(w => w.Name).Distinct()
        );
    }

    private static bool IsInternet(JsonObject peer) => peer["ipBlock"]?["except"] is not null || peer.Count == 0;

    // At the ends of each range, within it and beside it.
    private static IEnumerable<string> Differences(JsonNode block)
    {
        var all = IPNetwork.Parse(block.Name("cidr"));
        IPNetwork[] except = [.. block["except"].Strings().Select(text => IPNetwork.Parse(text))];
        foreach (var network in except.Concat(Addresses.Special))
        {
            foreach (var address in Ends(network).Where(all.Contains))
            {
                var isOpen = !except.Any(e => e.Contains(address));
                if (isOpen != Addresses.IsPublic(address))
                {
                    yield return $"{network}: the policy {(isOpen ? "lets" : "refuses")} {address}, and Egress does not.";
                }
            }
        }
    }

    private static IEnumerable<IPAddress> Ends(IPNetwork network)
    {
        var first = new Int128Address(network.BaseAddress);
        var size = (UInt128)1 << (first.Bits - network.PrefixLength);
        return new[] { first.Value - 1, first.Value, first.Value + size - 1, first.Value + size }.Select(first.With);
    }

    private readonly struct Int128Address(IPAddress address)
    {
        public int Bits { get; } = address.GetAddressBytes().Length * 8;

        public UInt128 Value { get; } =
            address.GetAddressBytes().Aggregate((UInt128)0, (value, next) => (value << 8) | next);

        public IPAddress With(UInt128 value)
        {
            var bytes = new byte[Bits / 8];
            for (var i = bytes.Length - 1; i >= 0; i--, value >>= 8)
            {
                bytes[i] = (byte)(value & 0xff);
            }

            return new IPAddress(bytes);
        }
    }
}
