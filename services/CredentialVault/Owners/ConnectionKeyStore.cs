using Microsoft.Extensions.Options;
using Npgsql;
using Partner.CredentialVault.Audit;
using Partner.CredentialVault.Keys;

namespace Partner.CredentialVault.Owners;

internal sealed class SharingOptions
{
    public const string SectionName = "Sharing";

    /// <summary>Lets connections of different tenants send into one Datadog org with one key.</summary>
    public bool AllowTenantsToShareOrg { get; init; }
}

internal enum AttachOutcome
{
    Attached,
    NoOwner,
    OtherTenantsConnection,
    OrgInUse,
}

/// <summary>
/// Which connection sends with which owner's API key. Locks: the connection, then owners by id, then the audit chain.
/// </summary>
internal sealed class ConnectionKeyStore(
    NpgsqlDataSource source,
    DataKeys dataKeys,
    OwnerStore owners,
    AuditLog audit,
    IOptions<SharingOptions> sharing,
    TimeProvider time
)
{
    public async Task<AttachOutcome> AttachAsync(
        ConnectionId chain,
        ApiKeyOwner wanted,
        string service,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var now = await LockConnectionAsync(connection, chain, cancellationToken);
        if (now is { } attached && attached.Tenant != wanted.Tenant)
        {
            return AttachOutcome.OtherTenantsConnection;
        }

        if (now?.Owner == wanted.Owner)
        {
            return AttachOutcome.Attached;
        }

        var locked = await LockOwnersAsync(connection, [wanted.Owner, now?.Owner ?? wanted.Owner], cancellationToken);
        if (locked.Find(owner => owner.Id == wanted.Owner) is not { Kind: OwnerKind.Org })
        {
            return AttachOutcome.NoOwner;
        }

        if (!sharing.Value.AllowTenantsToShareOrg && await IsUsedByOthersAsync(connection, wanted, cancellationToken))
        {
            // The reservation shared another tenant's owner: the refusal takes that back.
            await LeaveAsync(connection, chain, wanted.Owner, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return AttachOutcome.OrgInUse;
        }

        await WriteAsync(connection, chain, wanted, cancellationToken);
        await LeaveAsync(connection, chain, null, cancellationToken);
        await OwnerStore.ShareAsync(connection, wanted.Owner, chain, cancellationToken);
        await audit.AppendAsync(
            connection,
            OwnerStore.Event(chain, "api_key.attached", service, wanted.Owner),
            service,
            cancellationToken
        );
        var left = locked.Find(owner => owner.Id != wanted.Owner);
        await ShredIfUnusedAsync(connection, left, chain, service, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return AttachOutcome.Attached;
    }

    /// <summary>
    /// The connection reaches no org's key any more, whether it sent with one or only had it reserved. The answer to a
    /// repeated call is the same.
    /// </summary>
    public async Task DetachAsync(ConnectionId chain, string service, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var attached = await LockConnectionAsync(connection, chain, cancellationToken);
        var locked = await LockOwnersAsync(
            connection,
            [
                .. await UnprovenAsync(connection, chain, cancellationToken),
                .. attached is { } now ? [now.Owner] : (OwnerId[])[],
            ],
            cancellationToken
        );
        await connection.ExecuteAsync(
            "DELETE FROM connection_keys WHERE connection = $1",
            cancellationToken,
            chain.Text
        );

        await LeaveAsync(connection, chain, null, cancellationToken);
        if (attached is { } left)
        {
            await audit.AppendAsync(
                connection,
                OwnerStore.Event(chain, "api_key.detached", service, left.Owner),
                service,
                cancellationToken
            );
        }

        foreach (var owner in locked)
        {
            await ShredIfUnusedAsync(connection, owner, chain, service, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    // A key that another connection goes on sending with is no longer this one's to read.
    private static Task LeaveAsync(
        NpgsqlConnection connection,
        ConnectionId chain,
        OwnerId? only,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            """
            DELETE FROM owner_connections c USING owners o
            WHERE o.id = c.owner AND o.kind = 'org' AND c.connection = $1 AND ($2::text IS NULL OR o.id = $2)
            """,
            cancellationToken,
            chain.Text,
            only?.Text
        );

    // An owner for "the org of this connection, whichever it is" is of no use to any other.
    private static Task<List<OwnerId>> UnprovenAsync(
        NpgsqlConnection connection,
        ConnectionId chain,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                "SELECT id FROM owners WHERE kind = 'org' AND org = $1 AND state <> 'shredded'",
                OwnerReservation.UnprovenOrg(chain)
            )
            .ReadAllAsync(reader => OwnerId.Parse(reader.GetString(0)), cancellationToken);

    private static async Task<(OwnerId Owner, TenantId Tenant)?> LockConnectionAsync(
        NpgsqlConnection connection,
        ConnectionId chain,
        CancellationToken cancellationToken
    )
    {
        await connection.ExecuteAsync(
            "SELECT pg_advisory_xact_lock(hashtextextended('connection|' || $1, 0))",
            cancellationToken,
            chain.Text
        );

        return
            await connection
                .Command("SELECT owner, tenant FROM connection_keys WHERE connection = $1", chain.Text)
                .ReadAllAsync(
                    reader => (OwnerId.Parse(reader.GetString(0)), TenantId.Parse(reader.GetString(1))),
                    cancellationToken
                )
                is [var attached]
            ? attached
            : null;
    }

    private static async Task<List<OwnerRow>> LockOwnersAsync(
        NpgsqlConnection connection,
        OwnerId[] ids,
        CancellationToken cancellationToken
    )
    {
        var owners = new List<OwnerRow>();
        foreach (var id in ids.Distinct().OrderBy(id => id.Text, StringComparer.Ordinal))
        {
            if (await OwnerStore.LockAsync(connection, id, null, cancellationToken) is { } owner)
            {
                owners.Add(owner);
            }
        }

        return owners;
    }

    private static Task<bool> IsUsedByOthersAsync(
        NpgsqlConnection connection,
        ApiKeyOwner wanted,
        CancellationToken cancellationToken
    ) =>
        connection
            .Command(
                "SELECT EXISTS (SELECT FROM connection_keys WHERE owner = $1 AND tenant <> $2)",
                wanted.Owner.Text,
                wanted.Tenant.Text
            )
            .ScalarAsync<bool>(cancellationToken);

    private Task WriteAsync(
        NpgsqlConnection connection,
        ConnectionId chain,
        ApiKeyOwner wanted,
        CancellationToken cancellationToken
    ) =>
        connection.ExecuteAsync(
            """
            INSERT INTO connection_keys (connection, owner, tenant, attached_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (connection) DO UPDATE SET owner = $2, attached_at = $4 WHERE connection_keys.tenant = $3
            """,
            cancellationToken,
            chain.Text,
            wanted.Owner.Text,
            wanted.Tenant.Text,
            time.GetUtcNow()
        );

    private async Task ShredIfUnusedAsync(
        NpgsqlConnection connection,
        OwnerRow? owner,
        ConnectionId chain,
        string service,
        CancellationToken cancellationToken
    )
    {
        if (owner is null)
        {
            return;
        }

        if (
            await connection
                .Command("SELECT EXISTS (SELECT FROM connection_keys WHERE owner = $1)", owner.Id.Text)
                .ScalarAsync<bool>(cancellationToken)
        )
        {
            return;
        }

        await owners.ShredAsync(connection, owner, chain, service, cancellationToken);
        dataKeys.Forget(owner.Id.Text);
    }
}
