using System.Text.Json.Nodes;

namespace Partner.Deploy.Tests.Rules;

/// <summary>Who reaches whom, as a cluster makes it of its NetworkPolicies: what none of them lets through is refused.</summary>
internal static class PolicyRules
{
    /// <summary>Every way between two workloads of ours: who, to whom, on which port.</summary>
    public static IEnumerable<(string From, string To, long Port)> Ways(Manifest manifest) =>
        from caller in manifest.All
        from callee in manifest.All
        where caller.Name != callee.Name
        from port in callee.Ports.Select(p => p.Number).Distinct()
        where Lets(manifest, "Egress", caller, callee, port) && Lets(manifest, "Ingress", callee, caller, port)
        select (caller.Name, callee.Name, port);

    /// <summary>What a workload reaches outside of the cluster, or in another namespace: the rule's peers and ports.</summary>
    public static IEnumerable<(string Name, JsonObject Peer, long Port)> WaysOut(Manifest manifest) =>
        WaysElsewhere(manifest, "Egress", "to");

    /// <summary>What reaches a workload from outside of the cluster, or from another namespace.</summary>
    public static IEnumerable<(string Name, JsonObject Peer, long Port)> WaysIn(Manifest manifest) =>
        WaysElsewhere(manifest, "Ingress", "from");

    // A rule without peers is for everybody.
    private static IEnumerable<(string Name, JsonObject Peer, long Port)> WaysElsewhere(
        Manifest manifest,
        string way,
        string peers
    ) =>
        from workload in manifest.All
        from rule in RulesOf(manifest, way, workload)
        from peer in rule[peers] is null ? new[] { new JsonObject() } : rule[peers].Items()
        where peer["podSelector"] is null || peer["namespaceSelector"] is not null
        from port in rule["ports"].Items().Select(p => p["port"]!.Number()).DefaultIfEmpty(0)
        select (workload.Name, peer, port);

    /// <summary>Who is not refused by default, in one of the two ways.</summary>
    public static IEnumerable<string> Open(Manifest manifest) =>
        from workload in manifest.All
        from way in new[] { "Ingress", "Egress" }
        where !PoliciesOf(manifest, way, workload).Any()
        select $"{workload.Name}: no policy refuses {way}.";

    public static bool Selects(JsonNode? selector, Workload workload) =>
        selector?["matchLabels"].Texts().All(pair => workload.Labels.GetValueOrDefault(pair.Key) == pair.Value) == true
        && selector["matchExpressions"].Items().All(e => Matches(e, workload));

    private static bool Matches(JsonObject expression, Workload workload) =>
        expression.Name("operator") == "In"
            ? expression["values"].Strings().Contains(workload.Labels.GetValueOrDefault(expression.Name("key")))
            : throw new NotSupportedException(expression.ToJsonString());

    // A policy without policyTypes is one of ingress, and of egress where it has such rules.
    private static IEnumerable<JsonObject> PoliciesOf(Manifest manifest, string way, Workload workload) =>
        manifest
            .Of("NetworkPolicy")
            .Where(p =>
                p.At("spec/policyTypes").Strings().Contains(way) && Selects(p.At("spec/podSelector"), workload)
            );

    private static IEnumerable<JsonObject> RulesOf(Manifest manifest, string way, Workload workload) =>
        PoliciesOf(manifest, way, workload)
            .SelectMany(p => p.At(way == "Egress" ? "spec/egress" : "spec/ingress").Items());

    private static bool Lets(Manifest manifest, string way, Workload workload, Workload peer, long port) =>
        !PoliciesOf(manifest, way, workload).Any()
        || RulesOf(manifest, way, workload)
            .Any(rule =>
                (rule["ports"] is null || rule["ports"].Items().Any(p => p["port"].Is(port)))
                && (
                    rule[way == "Egress" ? "to" : "from"] is not { } peers
                    || peers
                        .Items()
                        .Any(p =>
                            p["namespaceSelector"] is null && p["ipBlock"] is null && Selects(p["podSelector"], peer)
                        )
                )
            );
}
