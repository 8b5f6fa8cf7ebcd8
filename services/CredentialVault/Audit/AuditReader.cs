using System.Data;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Audit;

/// <summary>Reads the chains and checks them.</summary>
internal sealed class AuditReader(NpgsqlDataSource source, AuditKey auditKey)
{
    private const string Columns = "seq, at, event, service, actor, details, key_owner, mac";

    public async Task<AuditPage> PageAsync(
        AuditChainId chain,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var entries = await source
            .Command(
                $"SELECT {Columns} FROM audit WHERE connection = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                chain.Text,
                after,
                limit + 1
            )
            .ReadAllAsync(reader => Entry(Read(reader, chain)), cancellationToken);
        var more = entries.Count > limit;
        return new AuditPage(chain, more ? entries[..limit] : entries, more);
    }

    /// <summary>Connections that have a chain, or have to have one, in order, after this one.</summary>
    public async Task<IReadOnlyList<AuditChainId>> ChainsAsync(
        string after,
        int limit,
        CancellationToken cancellationToken
    ) =>
        await source
            .Command(
                """
                SELECT connection FROM (
                    SELECT connection FROM audit_heads
                    UNION SELECT connection FROM audit
                    UNION SELECT connection FROM owners WHERE connection IS NOT NULL
                    UNION SELECT connection FROM connection_keys) AS every
                WHERE connection > $1 ORDER BY connection LIMIT $2
                """,
                after,
                limit
            )
            .ReadAllAsync(reader => AuditChainId.Parse(reader.GetString(0)), cancellationToken);

    /// <summary>
    /// Finds changed, inserted, removed and exchanged records, a chain cut short, and one removed while its
    /// connection's owners are still there. Not found: a chain put back as a whole, head included, to what it once was,
    /// or removed with all that belongs to it; a reader that keeps a page's last mac elsewhere sees that too.
    /// </summary>
    public async Task<AuditVerdict> VerifyAsync(AuditChainId chain, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        // Records and head of one moment, while others append.
        await using var transaction = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead,
            cancellationToken
        );
        var keys = await KeysAsync(connection, chain, cancellationToken);
        try
        {
            var (seq, mac, keyOwner, broken) = await WalkAsync(connection, chain, keys, cancellationToken);
            if (broken is not null)
            {
                return new AuditVerdict(chain, false, seq, broken);
            }

            var head = await HeadAsync(connection, chain, cancellationToken);
            var key = keyOwner is null ? null : keys.GetValueOrDefault(keyOwner);
            if (key is null && head is null)
            {
                return await HasOwnersAsync(connection, chain, cancellationToken)
                    ? new AuditVerdict(chain, false, 1, "the chain is missing")
                    : new AuditVerdict(chain, true, null, null);
            }

            return key is not null && AuditChain.EndsAt(key.Bytes, chain, head, seq, mac)
                ? new AuditVerdict(chain, true, null, null)
                : new AuditVerdict(chain, false, seq + 1, "the chain does not end here by its head");
        }
        finally
        {
            foreach (var key in keys.Values)
            {
                key.Dispose();
            }
        }
    }

    private static async Task<(long Seq, byte[]? Mac, string? KeyOwner, string? Broken)> WalkAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        Dictionary<string, DataKey> keys,
        CancellationToken cancellationToken
    )
    {
        await using var command = connection.Command(
            $"SELECT {Columns} FROM audit WHERE connection = $1 ORDER BY seq",
            chain.Text
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var (last, before, keyOwner) = (0L, (byte[]?)null, (string?)null);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (record, mac) = Read(reader, chain);
            if (Judge(record, mac, last, before, keys) is { } broken)
            {
                return (last + 1, null, null, broken);
            }

            (last, before, keyOwner) = (record.Seq, mac, record.KeyOwner);
        }

        return (last, before, keyOwner, null);
    }

    private static string? Judge(
        AuditRecord record,
        byte[] mac,
        long last,
        byte[]? before,
        Dictionary<string, DataKey> keys
    )
    {
        if (record.Seq != last + 1)
        {
            return "a record is missing";
        }

        if (!keys.TryGetValue(record.KeyOwner, out var key))
        {
            return "the key of the record is missing";
        }

        if (
            !CryptographicOperations.FixedTimeEquals(mac, AuditChain.Mac(key.Bytes, before ?? AuditChain.Start, record))
        )
        {
            return "the record is not what was appended";
        }

        return record.Event == AuditChain.TamperedEvent ? "the chain did not end here when it was continued" : null;
    }

    // An owner is reserved in one transaction with the record of it.
    private static Task<bool> HasOwnersAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                """
                SELECT EXISTS (SELECT FROM owners WHERE connection = $1 UNION ALL SELECT FROM connection_keys WHERE connection = $1)
                """,
                chain.Text
            )
            .ScalarAsync<bool>(cancellationToken);

    private async Task<Dictionary<string, DataKey>> KeysAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        CancellationToken cancellationToken
    )
    {
        var owners = await connection
            .Command("SELECT DISTINCT key_owner FROM audit WHERE connection = $1", chain.Text)
            .ReadAllAsync(reader => reader.GetString(0), cancellationToken);
        var keys = new Dictionary<string, DataKey>();
        foreach (var owner in owners)
        {
            if (await auditKey.FindKeyAsync(connection, owner, cancellationToken) is { } key)
            {
                keys[owner] = key;
            }
        }

        return keys;
    }

    private static Task<AuditHead?> HeadAsync(
        NpgsqlConnection connection,
        AuditChainId chain,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command("SELECT seq, mac, head_mac FROM audit_heads WHERE connection = $1", chain.Text)
            .ReadFirstAsync(
                reader => new AuditHead(
                    reader.GetInt64(0),
                    reader.GetFieldValue<byte[]>(1),
                    reader.GetFieldValue<byte[]>(2)
                ),
                cancellationToken
            );

    private static AuditTrailEntry Entry((AuditRecord Record, byte[] Mac) row) =>
        new(
            row.Record.Seq,
            row.Record.At,
            row.Record.Event,
            row.Record.Service,
            row.Record.Actor,
            JsonSerializer.Deserialize<Dictionary<string, string>>(row.Record.Details) ?? [],
            Convert.ToHexStringLower(row.Mac)
        );

    private static (AuditRecord Record, byte[] Mac) Read(NpgsqlDataReader reader, AuditChainId chain) =>
        (
            new AuditRecord(
                chain,
                reader.GetInt64(0),
                reader.GetFieldValue<DateTimeOffset>(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetString(4),
                reader.GetString(5),
                reader.GetString(6)
            ),
            reader.GetFieldValue<byte[]>(7)
        );
}
