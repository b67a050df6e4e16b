package device

// vulkanAPI is Vulkan; nil in a build without it.
var vulkanAPI *api
