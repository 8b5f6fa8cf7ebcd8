using System.Globalization;
using Partner.Auth.Datadog;
using Partner.Auth.Tokens;
using Partner.Egress;

namespace Partner.Auth.Connections;

/// <summary>
/// Tries after connecting what the grant is for. Scopes alone do not tell: a user without the permission can authorise
/// from outside of the tile (datadog-facts 2.1), and an endpoint may refuse a token that has the scope (2.10).
/// </summary>
internal sealed class CapabilityProbe(DatadogReadClient datadog, TimeProvider time)
{
    public async Task<ProbeResults> RunAsync(
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        LiveToken token,
        bool hasKey
    )
    {
        var states = await Task.WhenAll(
            Capability.All.Select(capability => StateAsync(capability, connection, client, site, token, hasKey))
        );
        return new ProbeResults(
            time.GetUtcNow(),
            Capability.All.Zip(states).ToDictionary(pair => pair.First.Id, pair => pair.Second)
        );
    }

    private async Task<CapabilityState> StateAsync(
        Capability capability,
        Connection connection,
        ClientProfile client,
        DatadogSite site,
        LiveToken token,
        bool hasKey
    )
    {
        if (capability.Scopes.Except(client.Scopes).Any())
        {
            return CapabilityState.NotRequested;
        }

        if (!capability.IsSupported(site))
        {
            return CapabilityState.Unsupported;
        }

        if (Scopes.Missing(capability.Scopes, connection.Scopes).Count > 0)
        {
            return CapabilityState.MissingScope;
        }

        if (capability.Probe is not { } probe)
        {
            // The key was proven alive a moment ago; an incident is not declared for a try.
            return !capability.ByKey ? CapabilityState.Granted
                : hasKey ? CapabilityState.Works
                : CapabilityState.NoApiKey;
        }

        return await datadog.TryAsync(site, token.Value, probe.Method, PathOf(probe), probe.Body) switch
        {
            true => CapabilityState.Works,
            false => CapabilityState.Refused,
            null => CapabilityState.Unknown,
        };
    }

    private string PathOf(Probe probe)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return probe
            .Path.Replace("{from}", (now - 60).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{to}", now.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
