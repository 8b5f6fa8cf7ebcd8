using Partner.Auth.Tokens;

namespace Partner.Auth.Webhooks;

/// <summary>
/// The endpoints' secrets, sealed under the vault's sealing key. They outlive it: secrets that an older key has sealed
/// are sealed anew, before that key is retired.
/// </summary>
internal sealed class WebhookSecrets(Sealer sealer, WebhookStore webhooks, TimeProvider time)
{
    /// <summary>How long an old secret signs beside the new one.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public Task<byte[]> SealAsync(Guid webhook, Secret secret, CancellationToken cancellationToken) =>
        sealer.SealAsync(secret, ContextOf(webhook), cancellationToken);

    /// <summary>Those that sign now, the newest first; none if their key is retired.</summary>
    public async Task<IReadOnlyList<Secret>> OpenAsync(Webhook webhook, CancellationToken cancellationToken)
    {
        byte[]?[] all = [webhook.Secret, webhook.OldSecretUntil > time.GetUtcNow() ? webhook.OldSecret : null];
        var secrets = new List<Secret>();
        foreach (var one in all)
        {
            if (one is not null && await sealer.OpenAsync(one, ContextOf(webhook.Id), cancellationToken) is { } secret)
            {
                secrets.Add(secret);
            }
        }

        return secrets;
    }

    public async Task ResealAsync(CancellationToken cancellationToken)
    {
        foreach (var webhook in await webhooks.ListAsync(cancellationToken))
        {
            if (
                await sealer.IsCurrentAsync(webhook.Secret, cancellationToken)
                || await ResealAsync(webhook.Id, webhook.Secret, cancellationToken) is not { } secret
            )
            {
                continue;
            }

            var old =
                webhook.OldSecretUntil > time.GetUtcNow()
                    ? await ResealAsync(webhook.Id, webhook.OldSecret, cancellationToken)
                    : null;
            await webhooks.ResealAsync(webhook, secret, old, cancellationToken);
        }
    }

    private async Task<byte[]?> ResealAsync(Guid webhook, byte[]? sealedSecret, CancellationToken cancellationToken) =>
        sealedSecret is not null
        && await sealer.OpenAsync(sealedSecret, ContextOf(webhook), cancellationToken) is { } secret
            ? await SealAsync(webhook, secret, cancellationToken)
            : null;

    private static string ContextOf(Guid webhook) => $"webhook-secret|{webhook}";
}
