using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Aspire.Hosting.ApplicationModel;

public interface IResource
{
    string Name { get; }

    ResourceAnnotationCollection Annotations { get; }
}

public interface IResourceAnnotation
{
}

public interface IResourceWithEnvironment : IResource
{
}

public interface IResourceWithEndpoints : IResource
{
}

public interface IResourceWithWaitSupport : IResource
{
}

public interface IResourceCollection : IList<IResource>
{
    bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource);
}

public sealed class ResourceAnnotationCollection : Collection<IResourceAnnotation>
{
}

public abstract class Resource : IResource
{
    protected Resource(string name)
    {
        ResourceNames.Validate(name);
        Name = name;
    }

    public virtual string Name { get; }

    public virtual ResourceAnnotationCollection Annotations { get; } = [];
}

public class ProjectResource : Resource, IResourceWithEnvironment, IResourceWithServiceDiscovery, IResourceWithWaitSupport
{
    public ProjectResource(string name)
        : base(name)
    {
    }
}

public class ExecutableResource : Resource, IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public ExecutableResource(string name, string command, string workingDirectory)
        : base(name)
    {
        (Command, WorkingDirectory) = (command, workingDirectory);
    }

    public string Command { get; }

    public string WorkingDirectory { get; }
}

/// <summary>In the stand-in no container: its servers are processes of this machine, and an image's tag is only recorded.</summary>
public class ContainerResource : Resource, IResourceWithEnvironment, IResourceWithEndpoints, IResourceWithWaitSupport
{
    public ContainerResource(string name, string? entrypoint = null)
        : base(name)
    {
        Entrypoint = entrypoint;
    }

    public string? Entrypoint { get; set; }
}

public class DistributedApplicationModel
{
    public DistributedApplicationModel(IResourceCollection resources)
    {
        Resources = resources;
    }

    public IResourceCollection Resources { get; }
}

internal sealed class ResourceCollection : Collection<IResource>, IResourceCollection
{
    public bool TryGetByName(string name, [NotNullWhen(true)] out IResource? resource)
    {
        resource = this.FirstOrDefault(r => ResourceNames.Equal(r.Name, name));
        return resource is not null;
    }

    protected override void InsertItem(int index, IResource item)
    {
        if (TryGetByName(item.Name, out _))
        {
            throw new DistributedApplicationException($"There is already a resource named '{item.Name}'.");
        }

        base.InsertItem(index, item);
    }
}

internal static class ResourceNames
{
    private const int MaximumLength = 64;

    public static bool Equal(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    public static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var valid = name.Length <= MaximumLength && char.IsAsciiLetter(name[0]) && name[^1] != '-'
            && !name.Contains("--", StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
        if (!valid)
        {
            throw new ArgumentException(
                $"'{name}' is no resource name: a letter, then letters, digits and single hyphens, {MaximumLength} at most.", nameof(name));
        }
    }
}
