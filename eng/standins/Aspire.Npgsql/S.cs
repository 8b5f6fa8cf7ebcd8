using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Aspire.Npgsql
{
    public sealed class NpgsqlSettings
    {
        public string? ConnectionString { get; set; }

        public bool DisableHealthChecks { get; set; }
    }
}

namespace Microsoft.Extensions.Hosting
{
    public static class AspirePostgreSqlNpgsqlExtensions
    {
        public static void AddNpgsqlDataSource(this IHostApplicationBuilder builder, string connectionName, Action<Aspire.Npgsql.NpgsqlSettings>? configureSettings = null, Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
        {
            var settings = new Aspire.Npgsql.NpgsqlSettings { ConnectionString = builder.Configuration.GetConnectionString(connectionName) };
            configureSettings?.Invoke(settings);
            builder.Services.AddSingleton(_ =>
            {
                var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
                configureDataSourceBuilder?.Invoke(source);
                return source.Build();
            });
        }
    }
}
