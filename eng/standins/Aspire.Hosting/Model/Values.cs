namespace Aspire.Hosting.ApplicationModel;

public interface IValueProvider
{
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

public interface IManifestExpressionProvider
{
    string ValueExpression { get; }
}

public interface IExpressionValue : IValueProvider, IManifestExpressionProvider
{
}

public interface IResourceWithConnectionString : IResource, IExpressionValue
{
    ReferenceExpression ConnectionStringExpression { get; }

    string IManifestExpressionProvider.ValueExpression => $"{{{Name}.connectionString}}";

    ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
        ConnectionStringExpression.GetValueAsync(cancellationToken);

    IEnumerable<KeyValuePair<string, ReferenceExpression>> GetConnectionProperties() => [];

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetConnectionStringAsync(cancellationToken);
}

public class ParameterResource : Resource, IExpressionValue
{
    private readonly Func<string?> _value;

    internal ParameterResource(string name, Func<string?> value, bool secret, bool isConnectionString = false)
        : base(name)
    {
        (_value, Secret, IsConnectionString) = (value, secret, isConnectionString);
    }

    public bool Secret { get; }

    public string ValueExpression => $"{{{Name}.value}}";

    internal bool IsConnectionString { get; }

    internal bool IsMissing => _value() is null;

    private string ConfigurationKey => IsConnectionString ? $"ConnectionStrings:{Name}" : $"Parameters:{Name}";

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => new(_value()
        ?? throw new DistributedApplicationException($"The parameter '{Name}' has no value: configure {ConfigurationKey}."));
}

/// <summary>A value as it stands in the user-info part of a URI.</summary>
internal sealed class UriEscaped<T>(T value) : IExpressionValue where T : IValueProvider, IManifestExpressionProvider
{
    public string ValueExpression => value.ValueExpression;

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) =>
        await value.GetValueAsync(cancellationToken) is { } text ? Uri.EscapeDataString(text) : null;
}

/// <summary>What <c>ConnectionStrings__x</c> holds: an absent value is an error unless it is optional.</summary>
internal sealed class ConnectionStringReference(IResourceWithConnectionString resource, bool optional) : IExpressionValue
{
    public string ValueExpression => $"{{{resource.Name}.connectionString}}";

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var value = await resource.GetConnectionStringAsync(cancellationToken);
        return !string.IsNullOrEmpty(value) || optional
            ? value
            : throw new DistributedApplicationException($"The connection string of '{resource.Name}' is not available.");
    }
}
