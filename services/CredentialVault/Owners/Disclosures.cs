using Partner.CredentialVault.Audit;

namespace Partner.CredentialVault.Owners;

/// <summary>Which caller was given which secret: a record per hour, and the metric counts every disclosure.</summary>
internal sealed class Disclosures(HourlyAudit audit, VaultMetrics metrics)
{
    /// <param name="name">Of the event: <c>api_key.released</c>.</param>
    public async Task RecordAsync(
        string service,
        ConnectionId chain,
        string name,
        FoundSecret found,
        CancellationToken cancellationToken
    )
    {
        var subject = found.Secret.KeyId ?? found.Owner.Text;
        var record = new AuditEvent(
            chain,
            name,
            service,
            new Dictionary<string, string> { ["owner"] = found.Owner.Text, ["subject"] = subject }
        );
        await audit.AppendAsync(record, service, subject, cancellationToken);
        metrics.Disclosed(service, name);
    }
}
