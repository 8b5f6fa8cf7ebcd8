using System.Collections.Concurrent;
using Partner.Contracts;
using Partner.CredentialVault.Audit;

namespace Partner.CredentialVault.Owners;

/// <summary>
/// Who was given which secret. A sender asks for its key every few minutes, so the chain gets one record per hour,
/// caller, connection and key, and the metric counts every one. The record is durable before the secret leaves; each
/// replica, and each start, may write a record of its own.
/// </summary>
internal sealed class Disclosures(AuditLog audit, VaultMetrics metrics, TimeProvider time)
{
    private const int MaxRemembered = 50_000;

    private readonly ConcurrentDictionary<(string Service, ConnectionId Chain, string Event, string Subject), long> _hours = [];

    /// <param name="name">Of the event: <c>api_key.released</c>.</param>
    public async Task RecordAsync(
        string service, ConnectionId chain, string name, FoundSecret found, CancellationToken cancellationToken)
    {
        var subject = found.Secret.KeyId ?? found.Owner.Text;
        var what = (service, chain, name, subject);
        var hour = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerHour;
        if (!_hours.TryGetValue(what, out var written) || written != hour)
        {
            var record = new AuditEvent(chain, name, service, new Dictionary<string, string>
            {
                ["owner"] = found.Owner.Text,
                ["subject"] = subject,
            });
            await audit.AppendAsync(record, service, cancellationToken);
            if (_hours.Count >= MaxRemembered)
            {
                _hours.Clear();
            }

            _hours[what] = hour;
        }

        metrics.Disclosed(service, name);
    }
}
