// Stands in for Aspire.Hosting.PostgreSQL 13.5: AddPostgres makes a data folder with this machine's initdb and starts
// its postgres there, on loopback, with durable settings. A restart keeps the data; the application's end removes it.
// Left out: the container, databases of their own (AddDatabase), volumes, init files, pgAdmin, pgweb.
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Postgres;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        IResourceBuilder<ParameterResource>? userName = null,
        IResourceBuilder<ParameterResource>? password = null,
        int? port = null)
    {
        if (password is null)
        {
            throw new NotSupportedException("The stand-in makes up no password: give one.");
        }

        var server = new PostgresServerResource(name, userName?.Resource, password.Resource);
        return builder.AddResource(server)
            .WithEndpoint(port: port, name: PostgresServerResource.EndpointName)
            .WithAnnotation(new HealthAnnotation($"{name}_check", cancellationToken => PostgresServer.CheckAsync(server, cancellationToken)))
            .WithAnnotation(new LaunchAnnotation("Container", context => PostgresServer.PrepareAsync(server, context))
            {
                StateAfterExit = KnownResourceStates.Exited,
            });
    }
}
