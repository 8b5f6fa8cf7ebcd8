using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.AppHost;

/// <summary>
/// This machine's own Postgres and Redis, run by the orchestrator where no container engine runs. Their names,
/// connection strings, health checks and commands are those of the containers.
/// </summary>
internal static class LocalServers
{
    public static IResourceBuilder<LocalPostgres> AddLocalPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource> password
    )
    {
        var folder = RunFolder.Of(builder);
        var postgres = new LocalPostgres(
            name,
            password.Resource,
            Path.Combine(folder.Path, name),
            LocalPostgres.FindPrograms(builder.Configuration)
        );
        // While the orchestrator starts, which takes seconds of its own.
        builder.Eventing.Subscribe<BeforeStartEvent>(
            (start, cancellation) =>
            {
                folder.Open();
                _ = postgres.InitialiseAsync(cancellation);
                return Task.CompletedTask;
            }
        );
        return builder
            .AddResource(postgres)
            .WithEndpoint(scheme: "tcp", name: LocalPostgres.EndpointName, env: "PGPORT")
            .WithEnvironment("POSTGRES_BIN", postgres.Programs)
            .WithEnvironment("POSTGRES_DATA", postgres.Folder)
            .WithArgs("-c", LocalPostgres.Wrapper)
            .WithCheck(
                postgres,
                (checks, connectionString, check) => checks.AddNpgSql(_ => connectionString(), name: check)
            )
            .OnBeforeResourceStarted((resource, _, cancellation) => resource.InitialiseAsync(cancellation))
            .WithIconName("DatabaseMultiple");
    }

    public static IResourceBuilder<LocalRedis> AddLocalRedis(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource> password
    )
    {
        var folder = RunFolder.Of(builder);
        var redis = new LocalRedis(
            name,
            password.Resource,
            Path.Combine(folder.Path, $"{name}.conf"),
            LocalRedis.FindProgram(builder.Configuration)
        );
        return builder
            .AddResource(redis)
            .WithEndpoint(scheme: "tcp", name: LocalRedis.EndpointName)
            .WithArgs(redis.ConfigurationFile)
            .WithCheck(
                redis,
                (checks, connectionString, check) => checks.AddRedis(_ => connectionString(), name: check)
            )
            .OnBeforeResourceStarted(
                async (resource, _, cancellation) =>
                {
                    folder.Open();
                    await resource.ConfigureAsync(cancellation);
                }
            )
            .WithIconName("DatabaseLightning");
    }

    private static IResourceBuilder<T> WithCheck<T>(
        this IResourceBuilder<T> builder,
        T resource,
        Action<IHealthChecksBuilder, Func<string>, string> add
    )
        where T : ExecutableResource, IResourceWithConnectionString
    {
        var (check, connectionString) = ($"{resource.Name}_check", (string?)null);
        add(
            builder.ApplicationBuilder.Services.AddHealthChecks(),
            () => connectionString ?? throw new InvalidOperationException($"{resource.Name} has not been started."),
            check
        );
        return builder
            .WithHealthCheck(check)
            .OnBeforeResourceStarted(
                async (started, _, cancellation) =>
                    connectionString = await started.ConnectionStringExpression.GetValueAsync(cancellation)
            );
    }

    /// <summary>Into a file that only its owner reads.</summary>
    internal static async Task WriteSecretAsync(string path, string text, CancellationToken cancellation)
    {
        await RunAsync("install", ["-m", "600", "/dev/null", path], cancellation);
        await File.WriteAllTextAsync(path, text, cancellation);
    }

    /// <summary>Runs a program to its end.</summary>
    internal static async Task RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed ({process.ExitCode}): {await error}{await output}");
        }
    }
}
