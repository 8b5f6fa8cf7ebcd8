using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Partner.Auth.Tokens;

/// <summary>
/// Access tokens in Redis, sealed. Everything in it may be lost at any moment, and a Redis that is down only costs the
/// read of a row.
/// </summary>
internal sealed partial class TokenCache(
    IConnectionMultiplexer redis,
    Sealer sealer,
    DatabaseClock time,
    ILogger<TokenCache> logger
) : IHealthCheck
{
    /// <summary>An answer later than this is worth less than the row.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>An entry goes before its token does (security 33).</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private int _isAway;

    /// <summary>Away, it costs time and no token: degraded.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            _isAway == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("Redis does not answer; tokens are read from the database.")
        );

    public async Task<LiveToken?> GetAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        var value = await TryAsync(db => db.StringGetAsync(CacheKeys.AccessToken(connection)));
        if (
            value is not { HasValue: true } found
            || EntryOf((byte[])found!) is not { Site: not null, Sealed: not null } entry
        )
        {
            return null;
        }

        var context = LiveToken.ContextOf(connection, entry.Generation, entry.Site, entry.ExpiresAt);
        return await sealer.OpenAsync(entry.Sealed, context, cancellationToken) is { } token
            ? new LiveToken(connection, entry.Generation, entry.Site, entry.ExpiresAt, token)
            : null;
    }

    /// <summary>For who refreshed: the newest there is.</summary>
    public Task SetAsync(LiveToken token, byte[] sealedToken) => SetAsync(token, sealedToken, When.Always);

    /// <summary>For who read a row, which may be older by now than what another has set.</summary>
    public Task FillAsync(LiveToken token, byte[] sealedToken) => SetAsync(token, sealedToken, When.NotExists);

    /// <summary>False: Redis did not answer; the entry may still be there.</summary>
    public async Task<bool> RemoveAsync(ConnectionId connection) =>
        await TryAsync(db => db.KeyDeleteAsync(CacheKeys.AccessToken(connection))) is not null;

    private async Task SetAsync(LiveToken token, byte[] sealedToken, When when)
    {
        var life = token.ExpiresAt - time.GetUtcNow() - Margin;
        if (life > TimeSpan.Zero)
        {
            var entry = JsonSerializer.SerializeToUtf8Bytes(
                new CacheEntry(token.Generation, token.Site, token.ExpiresAt, sealedToken),
                CacheJson.Default.CacheEntry
            );
            await TryAsync(db => db.StringSetAsync(CacheKeys.AccessToken(token.Connection), entry, life, when));
        }
    }

    private async Task<T?> TryAsync<T>(Func<IDatabase, Task<T>> ask)
        where T : struct
    {
        try
        {
            var answer = await ask(redis.GetDatabase()).WaitAsync(Patience, time);
            if (Interlocked.Exchange(ref _isAway, 0) == 1)
            {
                Log.Back(logger);
            }

            return answer;
        }
        catch (RedisServerException exception)
        {
            // Redis answered: the value there is not ours.
            Log.NotOurs(logger, exception.GetType().Name);
            return null;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            Log.Unavailable(
                logger,
                Interlocked.Exchange(ref _isAway, 1) == 0 ? LogLevel.Warning : LogLevel.Debug,
                exception.GetType().Name
            );
            return null;
        }
    }

    // Any other value there is a miss.
    private CacheEntry? EntryOf(byte[] value)
    {
        try
        {
            return JsonSerializer.Deserialize(value, CacheJson.Default.CacheEntry);
        }
        catch (JsonException exception)
        {
            Log.NotOurs(logger, exception.GetType().Name);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage("Redis did not answer ({Exception}); tokens are read from the database until it does")]
        public static partial void Unavailable(ILogger logger, LogLevel level, string exception);

        [LoggerMessage(LogLevel.Information, "Redis answers again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "What stands in Redis for a token is none; it is passed over ({Exception})")]
        public static partial void NotOurs(ILogger logger, string exception);
    }
}

internal sealed record CacheEntry(long Generation, string Site, DateTimeOffset ExpiresAt, byte[] Sealed);

[JsonSerializable(typeof(CacheEntry))]
internal sealed partial class CacheJson : JsonSerializerContext;

/// <summary>Every key in Redis.</summary>
internal static class CacheKeys
{
    // auth:token:con_<32 hex>
    public static string AccessToken(ConnectionId connection) => $"auth:token:{connection}";
}
