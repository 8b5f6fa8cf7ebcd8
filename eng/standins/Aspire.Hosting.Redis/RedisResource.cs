namespace Aspire.Hosting.ApplicationModel;

public class RedisResource : ContainerResource, IResourceWithConnectionString
{
    internal const string EndpointName = "tcp";

    public RedisResource(string name, ParameterResource password)
        : base(name)
    {
        PasswordParameter = password;
        PrimaryEndpoint = new EndpointReference(this, EndpointName);
    }

    public ParameterResource? PasswordParameter { get; }

    public EndpointReference PrimaryEndpoint { get; }

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)},password={PasswordParameter!}");

    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties()
    {
        var host = PrimaryEndpoint.Property(EndpointProperty.Host);
        var port = PrimaryEndpoint.Property(EndpointProperty.Port);
        var password = new UriEscaped<ParameterResource>(PasswordParameter!);
        return
        [
            new("Host", ReferenceExpression.Create($"{host}")),
            new("Port", ReferenceExpression.Create($"{port}")),
            new("Password", ReferenceExpression.Create($"{PasswordParameter!}")),
            new("Uri", ReferenceExpression.Create($"redis://:{password}@{host}:{port}")),
        ];
    }
}
