namespace Partner.Auth;

/// <summary>
/// Writes to the connection's audit chain in the vault, or to the partner's for what concerns no connection, after the fact. A vault that is down does not undo what has
/// happened: the event is then in the log, at Error.
/// </summary>
internal sealed partial class Auditor(VaultClient vault, TimeProvider time, ILogger<Auditor> logger)
{
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500)];

    /// <summary>For what Auth does by itself.</summary>
    public const string Self = "auth";

    /// <summary>Of endpoints, credentials and tenants.</summary>
    public Task WriteForPartnerAsync(string name, string actor, params (string Key, string? Value)[] details) =>
        WriteAsync(AuditChainId.Partner, name, actor, details);

    // Its id alone: name and external id go when it is deleted, and nothing goes from a chain.
    public Task TenantCreatedAsync(TenantId tenant, string actor) =>
        WriteForPartnerAsync("tenant.created", actor, ("tenant", tenant.Text));

    public async Task WriteAsync(
        AuditChainId chain,
        string name,
        string actor,
        params (string Key, string? Value)[] details
    )
    {
        var happened = new AuditEvent(
            chain,
            name,
            actor,
            details.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!)
        );
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await vault.AuditAsync(happened, CancellationToken.None);
                return;
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                if (attempt == Pauses.Length)
                {
                    Log.NotAudited(logger, name, chain, exception.GetType().Name);
                    return;
                }

                await Task.Delay(Pauses[attempt], time);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Audit event {Event} of {Connection} could not be written: {Exception}. Check the vault."
        )]
        public static partial void NotAudited(ILogger logger, string @event, AuditChainId connection, string exception);
    }
}
