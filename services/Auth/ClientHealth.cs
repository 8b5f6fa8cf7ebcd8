using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Partner.Auth;

/// <summary>
/// Whether Datadog took a client's credentials when it was last asked. A wrong secret is ours to mend and kills no
/// connection: the service stays up and says that it is degraded (security 37, faults F34).
/// </summary>
internal sealed class ClientHealth : IHealthCheck
{
    private readonly ConcurrentDictionary<string, bool> _refused = [];

    public bool IsRefused(string profile) => _refused.ContainsKey(profile);

    public void Report(string profile, bool accepted)
    {
        if (accepted)
        {
            _refused.TryRemove(profile, out _);
        }
        else
        {
            _refused[profile] = true;
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            _refused.IsEmpty
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(
                    $"Datadog refuses the credentials of: {string.Join(", ", _refused.Keys.Order())}."
                )
        );
}
