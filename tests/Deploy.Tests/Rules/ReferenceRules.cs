namespace Partner.Deploy.Tests.Rules;

/// <summary>What one object says of another is so: selectors, ports, keys, names.</summary>
internal static class ReferenceRules
{
    /// <param name="secretKeys">
    /// <c>secret/key</c> of what is made outside of the manifest; null: the manifest has the Secrets itself.
    /// </param>
    public static IEnumerable<string> Broken(Manifest manifest, IReadOnlySet<string>? secretKeys = null) =>
        OfWorkloads(manifest)
            .Concat(OfServices(manifest))
            .Concat(OfSelectors(manifest))
            .Concat(OfKeys(manifest, secretKeys ?? KeysOfSecrets(manifest)))
            .Concat(OfRoutes(manifest));

    /// <summary><c>secret/key</c> of every Secret and ExternalSecret.</summary>
    public static IReadOnlySet<string> KeysOfSecrets(Manifest manifest) =>
        manifest
            .Of("Secret")
            .SelectMany(s => s["data"]!.AsObject().Select(pair => $"{s.Name()}/{pair.Key}"))
            .Concat(
                manifest
                    .Of("ExternalSecret")
                    .SelectMany(s =>
                        s.At("spec/data")
                            .Items()
                            .Select(d => $"{s.At("spec/target")!.Name("name")}/{d.Name("secretKey")}")
                    )
            )
            .ToHashSet();

    /// <summary><c>secret/key</c> of every reference.</summary>
    public static IReadOnlySet<string> KeysReferred(Manifest manifest) =>
        (
            from workload in manifest.All
            from container in workload.AllContainers
            from variable in container["env"].Items()
            let key = variable.At("valueFrom/secretKeyRef")
            where key is not null
            select $"{key.Name("name")}/{key.Name("key")}"
        ).ToHashSet();

    private static IEnumerable<string> OfWorkloads(Manifest manifest)
    {
        foreach (var workload in manifest.All)
        {
            var account = workload.Pod["serviceAccountName"]?.GetValue<string>() ?? "default";
            if (account != workload.Name || manifest.Find("ServiceAccount", account) is null)
            {
                yield return $"{workload.Name} has no service account of its own.";
            }

            if (!workload.IsJob && !workload.IsSelectedBy(workload.Object.At("spec/selector/matchLabels")))
            {
                yield return $"{workload.Name} does not select its own pods.";
            }
        }

        foreach (var account in manifest.Of("ServiceAccount").Where(a => !a["automountServiceAccountToken"].Is(false)))
        {
            yield return $"{account.Title()} gives its token to pods.";
        }
    }

    private static IEnumerable<string> OfServices(Manifest manifest)
    {
        foreach (var service in manifest.Of("Service"))
        {
            var selected = manifest.All.Where(w => w.IsSelectedBy(service.At("spec/selector"))).ToList();
            if (selected.Count != 1)
            {
                yield return $"{service.Title()} selects {selected.Count} workloads.";
                continue;
            }

            foreach (var target in service.At("spec/ports").Items().Select(p => p["targetPort"]))
            {
                if (!selected[0].Ports.Any(p => target.Is(p.Name) || target.Is(p.Number)))
                {
                    yield return $"{service.Title()}: {selected[0].Name} has no port {target?.ToJsonString() ?? "null"}.";
                }
            }
        }
    }

    private static IEnumerable<string> OfSelectors(Manifest manifest)
    {
        foreach (var budget in manifest.Of("PodDisruptionBudget"))
        {
            if (manifest.All.Count(w => w.IsSelectedBy(budget.At("spec/selector/matchLabels"))) != 1)
            {
                yield return $"{budget.Title()} does not select one workload.";
            }
        }

        foreach (var policy in manifest.Of("NetworkPolicy"))
        {
            if (!manifest.All.Any(w => PolicyRules.Selects(policy.At("spec/podSelector"), w)))
            {
                yield return $"{policy.Title()} selects nothing.";
            }
        }

        foreach (var scaler in manifest.Of("HorizontalPodAutoscaler"))
        {
            var target = manifest.Find("Deployment", scaler.At("spec/scaleTargetRef")!.Name("name"));
            if (target is null || target.At("spec/replicas") is not null)
            {
                yield return $"{scaler.Title()} scales nothing, or what has a number of replicas of its own.";
            }
        }
    }

    private static IEnumerable<string> OfKeys(Manifest manifest, IReadOnlySet<string> secretKeys) =>
        KeysReferred(manifest)
            .Except(secretKeys)
            .Select(missing => $"Nobody makes the Secret's key {missing}.")
            .Concat(
                from workload in manifest.All
                from container in workload.AllContainers
                from variable in container["env"].Items()
                let key = variable.At("valueFrom/configMapKeyRef")
                where key is not null && manifest.Setting(key.Name("name"), key.Name("key")) is null
                select $"{workload.Name}: there is no key {key.Name("key")} in the ConfigMap {key.Name("name")}."
            );

    private static IEnumerable<string> OfRoutes(Manifest manifest) =>
        from route in manifest.Of("HTTPRoute")
        from rule in route.At("spec/rules").Items()
        from backend in rule["backendRefs"].Items()
        let service = manifest.Find("Service", backend.Name("name"))
        where service is null || !service.At("spec/ports").Items().Any(p => p["port"].Is(backend["port"]!.Number()))
        select $"{route.Title()}: there is no Service {backend.Name("name")} with the port {backend["port"]}.";
}
