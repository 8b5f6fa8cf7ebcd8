using System.Text.Json;
using Npgsql;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Audit;

/// <summary>Appends to the chains: in the caller's transaction, so that a fact and its record stand or fall together.</summary>
internal sealed partial class AuditLog(
    NpgsqlDataSource source,
    AuditKey auditKey,
    TimeProvider time,
    ILogger<AuditLog> logger
)
{
    /// <summary>The actor of what the vault does by itself.</summary>
    public const string Self = "vault";

    public async Task AppendAsync(AuditEvent what, string service, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync(connection, what, service, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Within the transaction that is open on <paramref name="connection"/>; takes its locks last.</summary>
    public async Task AppendAsync(
        NpgsqlConnection connection,
        AuditEvent what,
        string service,
        CancellationToken cancellationToken
    )
    {
        var (keyOwner, key) = await auditKey.CurrentAsync(connection, cancellationToken);
        using (key)
        {
            // One appender per chain at a time, also before the chain has its first row.
            await connection.ExecuteAsync(
                "SELECT pg_advisory_xact_lock(hashtextextended('audit|' || $1, 0))",
                cancellationToken,
                what.Connection.Text
            );

            var (head, seq, mac) = await ReadEndAsync(connection, what.Connection, cancellationToken);
            if (!AuditChain.EndsAt(key.Bytes, what.Connection, head, seq, mac))
            {
                Log.Tampered(logger, what.Connection, seq);
                seq = Math.Max(seq, head?.Seq ?? 0);
                var mark = new AuditEvent(what.Connection, AuditChain.TamperedEvent, Self);
                (seq, mac) = await InsertAsync(connection, mark, Self, keyOwner, key, seq, mac, cancellationToken);
            }

            (seq, mac) = await InsertAsync(connection, what, service, keyOwner, key, seq, mac, cancellationToken);
            await WriteHeadAsync(connection, what.Connection, seq, mac, key, cancellationToken);
        }
    }

    private static async Task<(AuditHead? Head, long Seq, byte[]? Mac)> ReadEndAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        CancellationToken cancellationToken
    )
    {
        await using var command = connection.Command(
            """
            SELECT h.seq, h.mac, h.head_mac, a.seq, a.mac
            FROM (SELECT 1) AS one
            LEFT JOIN audit_heads h ON h.connection = $1
            LEFT JOIN (SELECT seq, mac FROM audit WHERE connection = $1 ORDER BY seq DESC LIMIT 1) a ON true
            """,
            chain.Text
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var head = reader.IsDBNull(0)
            ? null
            : new AuditHead(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2));
        return reader.IsDBNull(3) ? (head, 0, null) : (head, reader.GetInt64(3), reader.GetFieldValue<byte[]>(4));
    }

    private async Task<(long Seq, byte[] Mac)> InsertAsync(
        NpgsqlConnection connection,
        AuditEvent what,
        string service,
        string keyOwner,
        DataKey key,
        long after,
        byte[]? before,
        CancellationToken cancellationToken
    )
    {
        var details = what.Details is { Count: > 0 }
            ? JsonSerializer.Serialize(
                new SortedDictionary<string, string>(what.Details.ToDictionary(), StringComparer.Ordinal)
            )
            : "{}";
        var record = new AuditRecord(
            what.Connection,
            after + 1,
            AuditChain.Truncate(time.GetUtcNow()),
            what.Event,
            service,
            what.Actor,
            details,
            keyOwner
        );
        var mac = AuditChain.Mac(key.Bytes, before ?? AuditChain.Start, record);
        await connection.ExecuteAsync(
            """
            INSERT INTO audit (connection, seq, at, event, service, actor, details, key_owner, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            cancellationToken,
            record.Connection.Text,
            record.Seq,
            record.At,
            record.Event,
            service,
            record.Actor,
            details,
            keyOwner,
            mac
        );
        return (record.Seq, mac);
    }

    private static Task WriteHeadAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        long seq,
        byte[] mac,
        DataKey key,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            """
            INSERT INTO audit_heads (connection, seq, mac, head_mac) VALUES ($1, $2, $3, $4)
            ON CONFLICT (connection) DO UPDATE SET seq = $2, mac = $3, head_mac = $4
            """,
            cancellationToken,
            chain.Text,
            seq,
            mac,
            AuditChain.HeadMac(key.Bytes, chain, seq, mac)
        );

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The audit chain of {Connection} does not end as it was left (record {Seq})")]
        public static partial void Tampered(ILogger logger, AuditChainId connection, long seq);
    }
}
