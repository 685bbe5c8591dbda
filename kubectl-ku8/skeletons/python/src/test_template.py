"""Tests of the template as a function: python3 -m unittest discover src"""

import unittest

import ku8
import template


def request(**values):
    defaults = {name: property["default"] for name, property in template.SCHEMA["properties"].items()}
    return ku8.Request({
        "name": "demo", "namespace": "prod", "values": defaults | values, "cluster": {"version": "1.36"},
        "previous": None, "bindings": {},
        "images": {"registryMap": {"docker.io": "mirror.example"}, "pullSecrets": []},
    })


class TemplateTest(unittest.TestCase):
    def test_the_defaults_give_a_service_and_a_deployment(self):
        rendered = template.render(request())
        self.assertEqual([manifest["kind"] for _, _, manifest in rendered.objects], ["Service", "Deployment"])
        container = rendered.objects[1][2]["spec"]["template"]["spec"]["containers"][0]
        self.assertTrue(container["image"].startswith("mirror.example/"))
        self.assertEqual(rendered.secrets, [{"name": "demo-auth", "keys": {"token": {"generate": {"length": 32}}}}])

    def test_a_tag_that_moves_is_refused_and_a_single_pod_warned_of(self):
        with self.assertRaises(ku8.Refused) as refused:
            template.render(request(image="nginx:latest"))
        self.assertEqual(refused.exception.findings[0].path, "/image")
        self.assertEqual(template.render(request(replicas=1)).warnings[0].path, "/replicas")

    def test_a_secret_that_is_there_already_is_used_where_it_is(self):
        token = {"secretRef": {"name": "shared", "key": "web"}}
        self.assertEqual(template.render(request(token=token)).secrets, [{"name": "shared", "keys": {"web": token}}])


if __name__ == "__main__":
    unittest.main()
