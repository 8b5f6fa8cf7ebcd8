using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Runtime;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        var project = new TProject();
        var resource = new ProjectResource(name);
        return builder.AddResource(resource)
            .WithAnnotation(project)
            .WithAnnotation(new LaunchAnnotation("Project", _ => Task.FromResult(ProjectLaunch.PlanFor(project.ProjectPath))))
            .WithAnnotation(new EnvironmentCallbackAnnotation(context => ProjectLaunch.AddDefaults(context, resource, builder.Configuration)));
    }
}

public static class ExecutableResourceBuilderExtensions
{
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args)
    {
        var directory = Path.GetFullPath(workingDirectory, builder.AppHostDirectory);
        return builder.AddResource(new ExecutableResource(name, command, directory))
            .WithAnnotation(new LaunchAnnotation("Executable", _ => Task.FromResult(new LaunchPlan(command, args ?? [], directory))));
    }
}
