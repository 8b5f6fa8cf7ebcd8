using System.Data.Common;
using System.Security.Cryptography;
using Npgsql;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Audit;

/// <summary>
/// Requests for data under a key version that may not be used (security 36). The metric and the log at Error are
/// written where it is refused; this writes the record, into the chains of the connections concerned.
/// </summary>
internal sealed partial class RefusedKeys(NpgsqlDataSource source, HourlyAudit audit, ILogger<RefusedKeys> logger)
{
    /// <summary>Never throws for the record's sake: the refusal is the answer, whether or not it can be recorded.</summary>
    public async Task RecordAsync(KeyUnavailableException refused, string service, CancellationToken cancellationToken)
    {
        if (refused.Name is null)
        {
            return;
        }

        try
        {
            foreach (var chain in await ChainsAsync(refused.Name, cancellationToken))
            {
                var what = new AuditEvent(
                    chain,
                    "key.refused",
                    service,
                    new Dictionary<string, string>
                    {
                        ["owner"] = refused.Name,
                        ["version"] = $"{refused.Version}",
                        ["why"] = refused.IsRetired ? "retired" : "unknown",
                    }
                );
                await audit.AppendAsync(what, service, $"{refused.Name}|{refused.Version}", cancellationToken);
            }
        }
        catch (Exception e)
            when (e
                    is DbException
                        or KeyUnavailableException
                        or HttpRequestException
                        or TimeoutException
                        or CryptographicException
            )
        {
            Log.NotRecorded(logger, refused.Name, refused.Version, e.GetType().Name);
        }
    }

    private Task<List<AuditChainId>> ChainsAsync(string owner, CancellationToken cancellationToken) =>
        source
            .Command("SELECT connection FROM owner_connections WHERE owner = $1", owner)
            .ReadAllAsync(reader => AuditChainId.Parse(reader.GetString(0)), cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The refusal of {Owner}'s key version {Version} is not in the audit: {Why}")]
        public static partial void NotRecorded(ILogger logger, string owner, int version, string why);
    }
}
