using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Partner.CredentialVault.Keys;

/// <summary>
/// Whether this key ring is the one of this database, found out before any request is served: with another key of the
/// same number nothing that is stored would open, and what is stored from now on would be lost to the right one. Where
/// the database or a KMS does not answer, the start goes on unproven.
/// </summary>
internal sealed partial class KeyRingProof(NpgsqlDataSource source, IKeyEncryption keys, ILogger<KeyRingProof> logger)
    : IHostedService
{
    // One that was changed by hand is not the ring's fault.
    private const int Samples = 5;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var mistakes = new List<string>();
        try
        {
            foreach (var version in keys.Usable)
            {
                if (!await OpensAnyAsync(await SamplesAsync(version, cancellationToken), cancellationToken))
                {
                    mistakes.Add(
                        $"KeyRing: key {version} is not the key {version} of this database: nothing that is "
                            + "stored under it opens. Start with the right key ring, or with the database that is this one's."
                    );
                }
            }
        }
        catch (Exception exception)
            when (exception is DbException or KeyUnavailableException || Problems.IsUnavailable(exception))
        {
            Log.Unproven(logger, exception.GetType().Name);
            return;
        }

        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(KeyRingOptions.SectionName, typeof(KeyRingOptions), mistakes);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task<List<WrappedKey>> SamplesAsync(int version, CancellationToken cancellationToken) =>
        source
            .Command(
                $"""
                SELECT id, key_version, wrapped_key FROM owners WHERE key_version = $1
                ORDER BY key_version, id LIMIT {Samples}
                """,
                version
            )
            .ReadAllAsync(
                reader => new WrappedKey(reader.GetString(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)),
                cancellationToken
            );

    private async Task<bool> OpensAnyAsync(List<WrappedKey> samples, CancellationToken cancellationToken)
    {
        foreach (var sample in samples)
        {
            try
            {
                CryptographicOperations.ZeroMemory(await keys.UnwrapAsync(sample, cancellationToken));
                return true;
            }
            catch (CryptographicException)
            {
                // The next one tells.
            }
        }

        return samples.Count == 0;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Whether the key ring is the one of this database is not known yet ({Why})")]
        public static partial void Unproven(ILogger logger, string why);
    }
}
