// Stands in for Aspire.Hosting.Redis 13.5: AddRedis starts this machine's redis-server with a password, on loopback,
// keeping nothing. Left out: the container, TLS, persistence, data volumes, RedisInsight, Redis Commander.
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Redis;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder,
        string name,
        int? port = null,
        IResourceBuilder<ParameterResource>? password = null)
    {
        password ??= MakePassword(builder, $"{name}-password");
        var redis = new RedisResource(name, password.Resource);
        return builder.AddResource(redis)
            .WithEndpoint(port: port, scheme: "redis", name: RedisResource.EndpointName)
            .WithAnnotation(new HealthAnnotation($"{name}_check", cancellationToken => RedisPing.CheckAsync(redis, cancellationToken)))
            .WithAnnotation(new LaunchAnnotation("Container", context => PrepareAsync(redis, context))
            {
                StateAfterExit = KnownResourceStates.Exited,
            });
    }

    // A published system's generated password is its operator's parameter, as in the genuine package.
    private static IResourceBuilder<ParameterResource> MakePassword(IDistributedApplicationBuilder builder, string name) =>
        builder.ExecutionContext.IsPublishMode || builder.Configuration[$"Parameters:{name}"] is not null
            ? builder.AddParameter(name, secret: true)
            : builder.AddParameter(name, RandomNumberGenerator.GetHexString(22, lowercase: true), secret: true);

    private static async Task<LaunchPlan> PrepareAsync(RedisResource redis, LaunchContext context)
    {
        var port = await redis.PrimaryEndpoint.Property(EndpointProperty.Port).GetValueAsync(context.CancellationToken);
        var password = await redis.PasswordParameter!.GetValueAsync(context.CancellationToken);
        Directory.CreateDirectory(context.DataDirectory);
        var file = Path.Combine(context.DataDirectory, "redis.conf");

        await Runtime.SecretFile.WriteAsync(
            file,
            $"""
            port {port}
            bind 127.0.0.1 -::1
            requirepass "{password}"
            save ""
            appendonly no
            dir "{context.DataDirectory}"

            """,
            context.CancellationToken);
        return new LaunchPlan(Runtime.ChildProcess.Find("redis-server"), [file], context.DataDirectory);
    }
}
