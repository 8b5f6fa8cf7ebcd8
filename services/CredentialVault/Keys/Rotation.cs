using System.ComponentModel.DataAnnotations;
using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Partner.CredentialVault.Audit;

namespace Partner.CredentialVault.Keys;

internal sealed class RotationOptions
{
    public const string SectionName = "Rotation";

    /// <summary>How often the key ring's file is read again and old keys are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(10);

    [Range(1, 10_000)]
    public int BatchSize { get; init; } = 200;
}

/// <summary>
/// Moves data keys from older versions to the current one, while everything else goes on (security 35, fault F28).
/// Only upwards: replicas that do not have the new key ring yet would move the keys back. Stopped anywhere, it goes on
/// from what is stored. Any number of replicas do it together. Each pass counts what is left: a version may be retired when
/// nothing is.
/// </summary>
internal sealed partial class Rotation(
    IKeyEncryption keys,
    DataKeys dataKeys,
    RotationStore store,
    AuditLog audit,
    VaultMetrics metrics,
    IOptions<RotationOptions> options,
    TimeProvider time,
    ILogger<Rotation> logger
) : BackgroundService
{
    private KeyVersionRows[] _stranded = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Every, time);
        do
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception e)
                when (e
                        is DbException
                            or TimeoutException
                            or HttpRequestException
                            or CryptographicException
                            or KeyUnavailableException
                )
            {
                Log.Interrupted(logger, e.GetType().Name);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Reads the key ring again, then passes once over all keys on older versions.</summary>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (await keys.RefreshAsync(cancellationToken))
        {
            await TellAsync("key_ring.changed", [], cancellationToken);
        }

        var older = keys.Usable.Where(version => version < keys.Current).ToArray();
        var moved = 0;
        for (var after = ""; after is not null && older.Length > 0; )
        {
            var batch = await store.MoveAsync(
                older,
                after,
                options.Value.BatchSize,
                key => TryRewrapAsync(key, cancellationToken),
                cancellationToken
            );
            metrics.Rewrapped(batch.Count);
            moved += batch.Count;
            after = batch.Next;
        }

        var left = await CountLeftAsync(cancellationToken);
        if (moved > 0)
        {
            Log.Moved(logger, moved, keys.Current, left);
            await TellAsync("key_ring.rotated", [("moved", moved), ("left", left)], cancellationToken);
        }

        return moved;
    }

    /// <summary>How many data keys are not on the current version: the proof that an older one can go (security 35).</summary>
    private async Task<long> CountLeftAsync(CancellationToken cancellationToken)
    {
        var old = (await store.CountAsync(cancellationToken)).Where(rows => rows.Version != keys.Current).ToArray();
        var stranded = old.Where(rows => !keys.Usable.Contains(rows.Version)).ToArray();
        metrics.Left(old.Sum(rows => rows.Rows), stranded.Sum(rows => rows.Rows));
        foreach (var rows in stranded.Except(_stranded))
        {
            Log.Stranded(logger, rows.Rows, rows.Version);
        }

        _stranded = stranded;
        return old.Sum(rows => rows.Rows);
    }

    private Task TellAsync(string name, (string Name, long Count)[] counts, CancellationToken cancellationToken)
    {
        var details = counts.ToDictionary(count => count.Name, count => $"{count.Count}");
        details["current"] = $"{keys.Current}";
        details["usable"] = string.Join(' ', keys.Usable);
        return audit.AppendAsync(
            new(AuditChainId.Vault, name, AuditLog.Self, details),
            AuditLog.Self,
            cancellationToken
        );
    }

    private async Task<WrappedKey?> TryRewrapAsync(WrappedKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await dataKeys.RewrapAsync(key, cancellationToken);
        }
        catch (Exception e) when (e is CryptographicException or KeyUnavailableException)
        {
            // One bad row must not hold up the others; the count of rows on its version keeps showing it.
            metrics.Undecryptable();
            Log.CannotMove(logger, key.Name, key.Version, e.GetType().Name);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Moved {Count} data keys to key version {Version}; {Left} are left")]
        public static partial void Moved(ILogger logger, int count, int version, long left);

        [LoggerMessage(
            LogLevel.Error,
            "{Count} data keys stand under key version {Version}, which may not be used: what they protect cannot be read"
        )]
        public static partial void Stranded(ILogger logger, long count, int version);

        [LoggerMessage(LogLevel.Error, "The data key of {Owner} cannot be moved from key version {Version}: {Why}")]
        public static partial void CannotMove(ILogger logger, string owner, int version, string why);

        [LoggerMessage(LogLevel.Warning, "Rotation was interrupted ({Why}); it goes on with the next pass")]
        public static partial void Interrupted(ILogger logger, string why);
    }
}
