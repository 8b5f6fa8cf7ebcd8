using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Aspire.Npgsql;
using Aspire.StackExchange.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace Partner.StandIns.Tests;

public class PublicMembersTests
{
    [Fact]
    public void StandInsHaveTheListedGenuineMembersAndNoOthers()
    {
        var assemblies = new[]
        {
            typeof(DistributedApplication), typeof(RedisBuilderExtensions), typeof(PostgresBuilderExtensions),
            typeof(DistributedApplicationTestingBuilder), typeof(NpgsqlSettings), typeof(StackExchangeRedisSettings),
            typeof(ServiceDiscoveryServiceCollectionExtensions), typeof(ServiceDiscoveryReverseProxyServiceCollectionExtensions),
        }.Select(t => t.Assembly);
        var members = assemblies.SelectMany(Signatures.Of).Order(StringComparer.Ordinal);
        var genuine = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "genuine-members.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith('#'));

        Assert.Equal(genuine.Order(StringComparer.Ordinal), members);
    }
}
