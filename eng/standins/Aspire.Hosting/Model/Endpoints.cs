using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

public enum EndpointProperty
{
    Url = 0,
    Host = 1,
    IPV4Host = 2,
    Port = 3,
    Scheme = 4,
    TargetPort = 5,
    HostAndPort = 6,
}

public sealed class EndpointReference : IExpressionValue
{
    internal EndpointReference(IResourceWithEndpoints owner, string endpointName)
    {
        (Resource, EndpointName) = (owner, endpointName);
    }

    public IResourceWithEndpoints Resource { get; }

    public string EndpointName { get; }

    public string Url => $"{Annotation.Scheme}://{EndpointAnnotation.Host}:{AllocatedPort}";

    public int Port => AllocatedPort;

    string IManifestExpressionProvider.ValueExpression => Expression(EndpointProperty.Url);

    internal EndpointAnnotation Annotation => Find()
        ?? throw new InvalidOperationException($"The resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    internal bool IsAllocated => Find()?.Allocated.Task.IsCompletedSuccessfully == true;

    private int AllocatedPort => IsAllocated
        ? Annotation.Allocated.Task.GetAwaiter().GetResult()
        : throw new InvalidOperationException($"The endpoint '{EndpointName}' of '{Resource.Name}' has no address before the start.");

    public EndpointReferenceExpression Property(EndpointProperty property) => new(this, property);

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        Property(EndpointProperty.Url).GetValueAsync(cancellationToken);

    internal string Expression(EndpointProperty property)
    {
        return property switch
        {
            EndpointProperty.Url => Binding("url"),
            EndpointProperty.Host or EndpointProperty.IPV4Host => Binding("host"),
            EndpointProperty.Port => Binding("port"),
            EndpointProperty.Scheme => Binding("scheme"),
            EndpointProperty.TargetPort => Binding("targetPort"),
            EndpointProperty.HostAndPort => $"{Binding("host")}:{Binding("port")}",
            _ => throw new ArgumentOutOfRangeException(nameof(property), property, null),
        };

        string Binding(string part) => $"{{{Resource.Name}.bindings.{EndpointName}.{part}}}";
    }

    private EndpointAnnotation? Find() => Resource.Annotations.OfType<EndpointAnnotation>().SingleOrDefault(e => e.Name == EndpointName);
}

public class EndpointReferenceExpression : IExpressionValue
{
    internal EndpointReferenceExpression(EndpointReference endpoint, EndpointProperty property)
    {
        (Endpoint, Property) = (endpoint, property);
    }

    public EndpointReference Endpoint { get; }

    public EndpointProperty Property { get; }

    public string ValueExpression => Endpoint.Expression(Property);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var annotation = Endpoint.Annotation;
        if (Property == EndpointProperty.Scheme)
        {
            return annotation.Scheme;
        }

        var port = (await annotation.Allocated.Task.WaitAsync(cancellationToken)).ToString(CultureInfo.InvariantCulture);
        return Property switch
        {
            EndpointProperty.Url => $"{annotation.Scheme}://{EndpointAnnotation.Host}:{port}",
            EndpointProperty.Host => EndpointAnnotation.Host,
            EndpointProperty.IPV4Host => "127.0.0.1",
            EndpointProperty.HostAndPort => $"{EndpointAnnotation.Host}:{port}",
            _ => port,
        };
    }
}

/// <summary>
/// One port of a resource. There is no proxy in the stand-in: the process listens on the public port itself, so a
/// port and a different target port cannot both be had.
/// </summary>
internal sealed class EndpointAnnotation(string name, string scheme, int? port, string? environmentVariable, bool isProxied)
    : IResourceAnnotation
{
    public const string Host = "localhost";

    public string Name { get; } = name;

    public string Scheme { get; } = scheme;

    public int? Port { get; } = port;

    public string? EnvironmentVariable { get; } = environmentVariable;

    public bool IsProxied { get; } = isProxied;

    public bool IsHttp => Scheme is "http" or "https";

    public TaskCompletionSource<int> Allocated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
