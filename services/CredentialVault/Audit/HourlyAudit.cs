using System.Collections.Concurrent;

namespace Partner.CredentialVault.Audit;

/// <summary>
/// An event that happens every few minutes gets one record per hour, caller, connection and subject. The record is
/// durable before this returns; each replica, and each start, may write one of its own.
/// </summary>
internal sealed class HourlyAudit(AuditLog audit, TimeProvider time)
{
    private const int MaxRemembered = 50_000;

    private readonly ConcurrentDictionary<
        (string Service, AuditChainId Chain, string Event, string Subject),
        long
    > _hours = [];

    public async Task AppendAsync(AuditEvent what, string service, string subject, CancellationToken cancellationToken)
    {
        var key = (service, what.Connection, what.Event, subject);
        var hour = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour;
        if (_hours.TryGetValue(key, out var written) && written == hour)
        {
            return;
        }

        await audit.AppendAsync(what, service, cancellationToken);
        if (_hours.Count >= MaxRemembered)
        {
            _hours.Clear();
        }

        _hours[key] = hour;
    }
}
