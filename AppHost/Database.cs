using System.Data.Common;
using Microsoft.Extensions.Configuration;

namespace Partner.AppHost;

/// <summary>
/// One Postgres database with one schema and one role per service. The admin's connection string goes to the
/// Migrator alone, which makes the roles with the passwords that it is given.
/// </summary>
internal sealed class Database
{
    private readonly IDistributedApplicationBuilder _builder;
    private readonly Secrets _secrets;
    private readonly EndpointReference? _server;
    private readonly string? _ownServer;
    private readonly IResource _resource;
    private readonly string _name;

    public Database(
        IDistributedApplicationBuilder builder,
        Secrets secrets,
        Stores stores,
        IResourceBuilder<ProjectResource> migrator
    )
    {
        (_builder, _secrets, Migrator) = (builder, secrets, migrator);
        _name = builder.Configuration["Database"] ?? "datadog";
        if (builder.Configuration.GetConnectionString("postgres") is { } ownServer)
        {
            _ownServer = WithoutCredentials(ownServer);
            // With a made-up vault key the vault could not read an earlier run's database, so this run gets one of its
            // own.
            _name += secrets.IsMadeUp("vault-key-1") ? $"_{Secrets.NewPassword()[..8]}" : "";
            var server = builder.AddConnectionString("postgres");
            migrator.WithReference(server);
            _resource = server.Resource;
        }
        else
        {
            (var server, _server) = stores.AddPostgres();
            migrator.WithReference(server).WaitFor(server);
            _resource = server.Resource;
        }

        migrator.WithEnvironment("Database", _name);
    }

    public IResourceBuilder<ProjectResource> Migrator { get; }

    /// <summary>The connection string of <paramref name="role"/>, which sees the schema of its own name.</summary>
    public IResourceBuilder<ConnectionStringResource> ConnectionFor(
        string role,
        IResourceBuilder<ParameterResource> password
    )
    {
        var connection = _builder.AddConnectionString(
            $"{role}-db",
            _server is { } server
                ? ReferenceExpression.Create(
                    $"Host={server.Property(EndpointProperty.Host)};Port={server.Property(EndpointProperty.Port)};Database={_name};Username={role};Password={password}"
                )
                : ReferenceExpression.Create($"{_ownServer};Database={_name};Username={role};Password={password}")
        );
        return connection.WithParentRelationship(_resource);
    }

    public IResourceBuilder<ParameterResource> PasswordOf(string role) =>
        _secrets.Add($"{role}-db-password", $"Password of the Postgres role {role}");

    private static string WithoutCredentials(string connectionString)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        foreach (var key in new[] { "Username", "User Id", "User", "Password", "Pwd", "Database", "Db" })
        {
            parts.Remove(key);
        }

        return parts.ConnectionString;
    }
}

internal static class DatabaseExtensions
{
    /// <summary>
    /// Gives the service a schema and a role, both named <paramref name="role"/> (its scripts' name unless said),
    /// and starts it only after the Migrator has applied the scripts of that name.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDatabase(
        this IResourceBuilder<ProjectResource> service,
        Database database,
        string scripts,
        string? role = null
    )
    {
        role ??= scripts;
        var password = database.PasswordOf(role);
        database
            .Migrator.WithEnvironment($"Schemas__{role}__Scripts", scripts)
            .WithEnvironment($"Schemas__{role}__Password", password);
        return service
            .WithReference(database.ConnectionFor(role, password), "database")
            .WaitForCompletion(database.Migrator);
    }
}
