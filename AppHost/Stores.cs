using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>
/// Redis and Postgres: the operator's own where their connection strings are set, containers where an engine runs, this
/// machine's servers elsewhere. Names, references and health checks are the same.
/// </summary>
internal sealed class Stores(IDistributedApplicationBuilder builder, Secrets secrets)
{
    // Asked at most once, and not at all where the operator has servers of their own.
    private readonly Lazy<bool> _containers = new(() => ContainerEngine.Runs(builder));

    public IResourceBuilder<IResourceWithConnectionString> AddCache()
    {
        if (builder.Configuration.GetConnectionString("cache") is not null)
        {
            return builder.AddConnectionString("cache");
        }

        var password = secrets.Add("cache-password", "Password of Redis");
        return _containers.Value
            ? builder.AddRedis("cache", password: password).WithImageTag("7.4")
            : builder.AddLocalRedis("cache", password);
    }

    /// <returns>The server, and where it listens.</returns>
    public (IResourceBuilder<IResourceWithConnectionString> Server, EndpointReference Endpoint) AddPostgres()
    {
        var password = secrets.Add(
            "postgres-password",
            "Password of the Postgres administrator, for the Migrator alone"
        );
        if (_containers.Value)
        {
            var container = builder.AddPostgres("postgres", password: password).WithImageTag("17.6");
            return (container, container.Resource.PrimaryEndpoint);
        }

        var local = builder.AddLocalPostgres("postgres", password);
        return (local, local.Resource.Endpoint);
    }
}
