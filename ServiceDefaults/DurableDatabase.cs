using System.Data.Common;

namespace Partner.ServiceDefaults;

/// <summary>
/// A service that keeps data which it is told only once does not start on a Postgres that may lose what it has
/// committed. Where that does not answer yet, the service starts and stops as soon as it does.
/// </summary>
public static partial class DurableDatabase
{
    /// <summary>For development alone.</summary>
    public const string Switch = "AllowUnsafeDatabase";

    public static void RequireDurableDatabase<TSource>(this IHostApplicationBuilder builder)
        where TSource : DbDataSource
    {
        if (!builder.Configuration.GetValue<bool>(Switch))
        {
            builder.Services.AddHostedService<Check<TSource>>();
        }
        else if (!builder.Environment.IsDevelopment())
        {
            throw new InvalidOperationException($"{Switch} is for Development only.");
        }
    }

    /// <summary>The settings by which a Postgres may lose what it has committed, each by its name; none: it keeps it.</summary>
    /// <exception cref="DbException">It does not answer.</exception>
    public static async Task<IReadOnlyList<string>> FindUnsafeSettingsAsync(
        DbDataSource database,
        CancellationToken cancellationToken
    )
    {
        await using var command = database.CreateCommand(
            """
            SELECT name FROM pg_catalog.pg_settings
            WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting = 'off'
            ORDER BY name
            """
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>What to tell the operator of them.</summary>
    /// <param name="allow">The setting that allows them in development.</param>
    public static string MistakeOf(IEnumerable<string> settings, string allow) =>
        $"Postgres runs with {string.Join(", ", settings)} off: what it has committed can be lost. Switch them on, or set "
        + $"{allow} for development.";

    private sealed partial class Check<TSource>(
        TSource database,
        IHostApplicationLifetime lifetime,
        TimeProvider time,
        ILogger<Check<TSource>> logger
    ) : BackgroundService
        where TSource : DbDataSource
    {
        private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
        private bool _isDone;

        public override async Task StartAsync(CancellationToken cancellationToken)
        {
            if (await AskAsync(cancellationToken) is { } mistake)
            {
                throw new InvalidOperationException(mistake);
            }

            await base.StartAsync(cancellationToken);
        }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            while (!_isDone)
            {
                await Task.Delay(Pause, time, stoppingToken);
                if (await AskAsync(stoppingToken) is { } mistake)
                {
                    Log.Stopping(logger, mistake);
                    Environment.ExitCode = 1;
                    lifetime.StopApplication();
                }
            }
        }

        // Null: it is safe, or does not answer.
        private async Task<string?> AskAsync(CancellationToken cancellationToken)
        {
            try
            {
                var off = await FindUnsafeSettingsAsync(database, cancellationToken);
                _isDone = true;
                return off.Count == 0 ? null : MistakeOf(off, Switch);
            }
            catch (Exception exception) when (Problems.IsUnavailable(exception) || exception is DbException)
            {
                return null;
            }
        }

        private static partial class Log
        {
            [LoggerMessage(LogLevel.Critical, "Stopping: {Mistake}")]
            public static partial void Stopping(ILogger logger, string mistake);
        }
    }
}
