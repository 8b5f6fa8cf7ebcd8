using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace Aspire.StackExchange.Redis
{
    public sealed class StackExchangeRedisSettings
    {
        public string? ConnectionString { get; set; }

        public bool DisableHealthChecks { get; set; }
    }
}

namespace Microsoft.Extensions.Hosting
{
    public static class AspireRedisExtensions
    {
        public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName, Action<Aspire.StackExchange.Redis.StackExchangeRedisSettings>? configureSettings = null, Action<ConfigurationOptions>? configureOptions = null)
        {
            var settings = new Aspire.StackExchange.Redis.StackExchangeRedisSettings { ConnectionString = builder.Configuration.GetConnectionString(connectionName) };
            configureSettings?.Invoke(settings);
            builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
            {
                var options = ConfigurationOptions.Parse(settings.ConnectionString!);
                options.AbortOnConnectFail = false;
                configureOptions?.Invoke(options);
                return ConnectionMultiplexer.Connect(options);
            });
        }
    }
}
