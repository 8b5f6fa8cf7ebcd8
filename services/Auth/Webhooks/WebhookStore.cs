using Npgsql;

namespace Partner.Auth.Webhooks;

/// <summary>The endpoints that partners have given.</summary>
internal sealed class WebhookStore(NpgsqlDataSource database, TimeProvider time)
{
    public const int Most = 20;

    /// <summary>False: there are as many as there may be.</summary>
    public async Task<bool> AddAsync(
        Guid id,
        Uri url,
        IReadOnlyList<string> types,
        byte[] secret,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            """
            INSERT INTO webhooks (id, url, types, secret, created_at)
            SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM webhooks) < $6
            """,
            cancellationToken,
            id,
            url.AbsoluteUri,
            types.ToArray(),
            secret,
            time.GetUtcNow(),
            Most
        ) == 1;

    public async Task<Webhook?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        (await ReadAsync("SELECT * FROM webhooks WHERE id = $1", cancellationToken, id)).FirstOrDefault();

    public Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        ReadAsync("SELECT * FROM webhooks ORDER BY id", cancellationToken);

    public Task<IReadOnlyList<Webhook>> ListEnabledWithWorkAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            """
            SELECT * FROM webhooks WHERE disabled_at IS NULL AND id IN (
                SELECT webhook FROM webhook_deliveries
                WHERE state = 'pending' AND next_attempt_at <= clock_timestamp())
            """,
            cancellationToken
        );

    public async Task<bool> RemoveAsync(Guid id, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM webhooks WHERE id = $1", cancellationToken, id) == 1;

    /// <summary>The secret in force becomes the old one, and signs too until <paramref name="until"/>.</summary>
    public async Task<bool> RotateAsync(
        Guid id,
        byte[] secret,
        DateTimeOffset until,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            "UPDATE webhooks SET old_secret = secret, old_secret_until = $3, secret = $2 WHERE id = $1",
            cancellationToken,
            id,
            secret,
            until
        ) == 1;

    /// <summary>The same secrets under another key; nothing if they were rotated meanwhile.</summary>
    public Task ResealAsync(Webhook before, byte[] secret, byte[]? oldSecret, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "UPDATE webhooks SET secret = $2, old_secret = $3 WHERE id = $1 AND secret = $4",
            cancellationToken,
            before.Id,
            secret,
            oldSecret,
            before.Secret
        );

    public async Task<bool> EnableAsync(Guid id, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL WHERE id = $1",
            cancellationToken,
            id
        ) == 1;

    /// <summary>False: it is disabled already.</summary>
    public async Task<bool> DisableAsync(Guid id, string reason, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "UPDATE webhooks SET disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND disabled_at IS NULL",
            cancellationToken,
            id,
            time.GetUtcNow(),
            reason
        ) == 1;

    private async Task<IReadOnlyList<Webhook>> ReadAsync(
        string sql,
        CancellationToken cancellationToken,
        params object?[] values
    ) => await database.Command(sql, values).ReadAllAsync(Webhook.Read, cancellationToken);
}
